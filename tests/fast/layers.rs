//! Checks the layer rule of `docs/architecture.md`: a room imports only from the rooms that its row
//! of the table lists, and files in `src/` and `sim/src/` do not import each other in a circle.
//!
//! An import is any path that leads to another file: in `use` and `pub use`, nested groups
//! included, in expressions, types and patterns, and inside the arguments of macros. A re-export
//! counts as an import of the file that defines the item. Modules for tests (`tests`,
//! `test_support`) are exempt.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

/// Modules that are compiled for tests only.
const TEST_MODULES: [&str; 2] = ["tests", "test_support"];

/// A module's path below the crate root, such as `["formats", "trace"]`.
type ModulePath = Vec<String>;

#[derive(Default)]
struct Module {
    file: String,
    /// Names that `use` imports, and the path of each, as written.
    bindings: BTreeMap<String, Vec<String>>,
    /// Modules whose public names are all imported (globs).
    globs: Vec<Vec<String>>,
    /// All paths in the module, as written.
    mentions: BTreeSet<Vec<String>>,
}

/// A crate's modules by path.
struct Crate {
    modules: BTreeMap<ModulePath, Module>,
}

impl Crate {
    fn read(source: &Path) -> Crate {
        let mut all = Crate {
            modules: BTreeMap::new(),
        };
        all.add_file(source, &source.join("lib.rs"), vec![]);
        all
    }

    fn add_file(&mut self, source: &Path, path: &Path, module: ModulePath) {
        let text = std::fs::read_to_string(path).unwrap();
        let items = syn::parse_file(&text).unwrap().items;
        let file = path.strip_prefix(source).unwrap().display().to_string();
        self.add_items(source, &file, module, &items);
    }

    fn add_items(&mut self, source: &Path, file: &str, path: ModulePath, items: &[syn::Item]) {
        let mut module = Module {
            file: file.to_owned(),
            ..Module::default()
        };
        for item in items {
            let syn::Item::Mod(inner) = item else {
                module.visit_item(item);
                continue;
            };
            let name = inner.ident.to_string();
            if TEST_MODULES.contains(&name.as_str()) {
                continue;
            }
            let child = [path.clone(), vec![name]].concat();
            match &inner.content {
                Some((_, items)) => self.add_items(source, file, child, items),
                None => {
                    let below = source.join(child.iter().collect::<PathBuf>());
                    let inside = below.join("mod.rs");
                    let beside = below.with_extension("rs");
                    let path = if inside.exists() { inside } else { beside };
                    self.add_file(source, &path, child);
                }
            }
        }
        self.modules.insert(path, module);
    }

    /// The file that a path in module `from` leads to; `None` for other crates and local names.
    fn file_of(&self, from: &ModulePath, path: &[String], depth: usize) -> Option<&str> {
        let (mut at, mut rest) = match path[0].as_str() {
            "crate" => (vec![], &path[1..]),
            "self" => (from.clone(), &path[1..]),
            "super" => (from[..from.len().checked_sub(1)?].to_vec(), &path[1..]),
            first => {
                let known = self.modules[from].bindings.get(first);
                // A binding of the same name as its path's first part leads to another crate.
                let bound = known.filter(|to| to[0] != first);
                let child = [from.clone(), vec![first.to_owned()]].concat();
                match bound {
                    Some(to) if depth < 8 => {
                        let whole = [to.clone(), path[1..].to_vec()].concat();
                        return self.file_of(from, &whole, depth + 1);
                    }
                    None if self.modules.contains_key(&child) => (child, &path[1..]),
                    _ => return None,
                }
            }
        };
        while let [next, tail @ ..] = rest {
            let child = [at.clone(), vec![next.clone()]].concat();
            let module = self.modules.get(&at)?;
            if next == "super" {
                at.pop()?;
            } else if self.modules.contains_key(&child) {
                at = child;
            } else {
                let Some(to) = module.bindings.get(next).filter(|_| depth < 8) else {
                    let through = module.globs.iter().filter(|_| depth < 8).find_map(|glob| {
                        let whole = [glob.clone(), rest.to_vec()].concat();
                        self.file_of(&at, &whole, depth + 1)
                    });
                    return Some(through.unwrap_or(&module.file));
                };
                let whole = [to.clone(), tail.to_vec()].concat();
                return self.file_of(&at, &whole, depth + 1).or(Some(&module.file));
            }
            rest = tail;
        }
        Some(&self.modules.get(&at)?.file)
    }

    /// Imports between files: (importing, imported).
    fn imports(&self) -> BTreeSet<(String, String)> {
        let mut edges = BTreeSet::new();
        for (path, module) in &self.modules {
            let uses = module.bindings.values().chain(&module.globs);
            for mention in uses.chain(&module.mentions) {
                if let Some(file) = self.file_of(path, mention, 0)
                    && file != module.file
                {
                    edges.insert((module.file.clone(), file.to_owned()));
                }
            }
        }
        edges
    }
}

impl Module {
    fn add_use(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |name: &dyn ToString| [before.to_vec(), vec![name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(p) => self.add_use(&with(&p.ident), &p.tree),
            syn::UseTree::Name(n) if n.ident == "self" => {
                self.bindings
                    .insert(before[before.len() - 1].clone(), before.to_vec());
            }
            syn::UseTree::Name(n) => {
                self.bindings.insert(n.ident.to_string(), with(&n.ident));
            }
            syn::UseTree::Rename(r) => {
                self.bindings.insert(r.rename.to_string(), with(&r.ident));
            }
            syn::UseTree::Glob(_) => self.globs.push(before.to_vec()),
            syn::UseTree::Group(g) => g.items.iter().for_each(|t| self.add_use(before, t)),
        }
    }

    /// Adds the paths in a macro's arguments: names joined by `::`.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match &token {
                TokenTree::Punct(p) if p.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(name) if colons == 2 => {
                    path.push(name.to_string());
                    colons = 0;
                    continue;
                }
                _ => {}
            }
            self.mention(std::mem::take(&mut path));
            colons = 0;
            match token {
                TokenTree::Ident(name) => path.push(name.to_string()),
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                _ => {}
            }
        }
        self.mention(path);
    }

    fn mention(&mut self, path: Vec<String>) {
        if path.len() > 1 {
            self.mentions.insert(path);
        }
    }
}

impl<'ast> Visit<'ast> for Module {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_use(&[], &item.tree);
    }

    /// `pub(in crate::room)` is not an import.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.mention(path.segments.iter().map(|s| s.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.add_tokens(called.tokens.clone());
        visit::visit_macro(self, called);
    }
}

/// A circle of files, if there is one: each imports the next, and the last imports the first.
fn circle(edges: &BTreeSet<(String, String)>) -> Option<Vec<String>> {
    let mut next = BTreeMap::<&str, Vec<&str>>::new();
    for (from, to) in edges {
        next.entry(from).or_default().push(to);
    }
    let mut done = BTreeSet::new();
    for &start in next.keys() {
        let mut path = vec![(start, 0)];
        while let Some((file, tried)) = path.last_mut() {
            let file = *file;
            let Some(&to) = next.get(file).and_then(|all| all.get(*tried)) else {
                done.insert(file);
                path.pop();
                continue;
            };
            *tried += 1;
            if let Some(first) = path.iter().position(|&(f, _)| f == to) {
                return Some(path[first..].iter().map(|&(f, _)| f.to_owned()).collect());
            }
            if !done.contains(to) {
                path.push((to, 0));
            }
        }
    }
    None
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The rooms that each room may import, from the table in `docs/architecture.md`.
fn rooms() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let names = |cell: &str| {
        let ticked = cell.split('`').skip(1).step_by(2);
        ticked.map(str::to_owned).collect::<Vec<_>>()
    };
    let mut rooms = BTreeMap::new();
    let mut above: BTreeSet<String> = BTreeSet::new();
    for row in text.lines().filter(|l| l.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').collect();
        let allowed: BTreeSet<String> = match cells[3].contains("all above") {
            true => above.clone(),
            false => names(cells[3]).into_iter().collect(),
        };
        for room in names(cells[1]) {
            let up = allowed.difference(&above).next();
            assert_eq!(up, None, "the table lets {room} import from further down");
            rooms.insert(room, allowed.clone());
        }
        above.extend(names(cells[1]));
    }
    rooms
}

/// `formats` for `formats/npy.rs`, `error` for `error.rs`.
fn room_of(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

#[test]
fn rooms_import_what_their_row_names() {
    let rooms = rooms();
    let edges = Crate::read(&root().join("src")).imports();
    assert!(edges.len() > 300, "only {} imports found", edges.len());
    let wrong: Vec<String> = edges
        .iter()
        .filter(|(from, to)| room_of(from) != room_of(to) && room_of(from) != "lib")
        .filter(|(from, to)| {
            let allowed = rooms.get(room_of(from));
            // `crate::Error` and the like are re-exports of the root.
            room_of(to) != "lib" && !allowed.is_some_and(|a| a.contains(room_of(to)))
        })
        .map(|(from, to)| format!("{from} imports {to}"))
        .collect();
    assert!(
        wrong.is_empty(),
        "docs/architecture.md does not allow:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for source in ["src", "sim/src"] {
        let edges = Crate::read(&root().join(source)).imports();
        if let Some(circle) = circle(&edges) {
            panic!("a circle in {source}: {} -> ...", circle.join(" -> "));
        }
    }
}
