//! Compares tables of fields with the JSON that a command prints.

use serde_json::Value;
use std::collections::BTreeSet;

/// A row of a table: field names, and whether the fields may be absent.
pub struct Row {
    names: Vec<String>,
    optional: bool,
}

impl Row {
    /// Reads a line of a table. The names are in backticks in the first cell. If the second cell
    /// begins with "Only", the fields may be absent. Returns `None` for the table's head.
    pub fn read(line: &str) -> Option<Row> {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let names = cells.next()?.split('`').skip(1).step_by(2);
        let names: Vec<String> = names.map(str::to_owned).collect();
        let optional = cells.next().is_some_and(|text| text.starts_with("Only"));
        (!names.is_empty()).then_some(Row { names, optional })
    }
}

/// Fields of `json` that the table lacks, and fields of the table that `json` lacks.
pub fn compare(json: &Value, prefixes: &[String], rows: &[Row]) -> Vec<String> {
    let mut paths = BTreeSet::new();
    collect(json, "", &mut paths);
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for prefix in prefixes {
        let below = match prefix.as_str() {
            "." => String::new(),
            prefix => format!("{prefix}."),
        };
        let inside: Vec<&str> = paths
            .iter()
            .filter_map(|p| p.strip_prefix(&below))
            .collect();
        if inside.is_empty() {
            wrong.push(format!("nothing is below `{prefix}`"));
        }
        for path in inside {
            let names = rows.iter().flat_map(|row| &row.names);
            let covering: Vec<&String> = names.filter(|name| covers(name, path)).collect();
            if covering.is_empty() {
                wrong.push(format!("field `{below}{path}` is not in its table"));
            }
            seen.extend(covering);
        }
    }
    for row in rows.iter().filter(|row| !row.optional) {
        for name in row.names.iter().filter(|name| !seen.contains(name)) {
            let below = prefixes.join("`, `");
            wrong.push(format!(
                "the table has `{name}`, but no field below `{below}` is called so"
            ));
        }
    }
    wrong
}

/// `a.b` covers itself; `a.*` covers everything below `a`.
fn covers(name: &str, path: &str) -> bool {
    match name.strip_suffix(".*") {
        Some(above) => {
            let rest = path.strip_prefix(above);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        }
        None => name == path,
    }
}

/// Paths of all values that contain no others; `[]` stands for any index of a list.
fn collect(value: &Value, path: &str, paths: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                let below = match path {
                    "" => name.clone(),
                    path => format!("{path}.{name}"),
                };
                collect(member, &below, paths);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                collect(item, &format!("{path}[]"), paths);
            }
        }
        Value::Array(_) => {
            paths.insert(format!("{path}[]"));
        }
        _ => {
            paths.insert(path.to_owned());
        }
    }
}
