//! Shapes out of JSON schemas.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde_json::Value as Json;

use super::keys::Config;
use super::shape::{Key, Range, Shape, Word};

/// What a configuration may hold.
pub(super) static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
    // That the schema has a shape is tested; without one, every key would be unknown.
    Shape::of::<Config>().unwrap_or_else(|| Shape::Table(Default::default()))
});

impl Shape {
    /// The shape of a type; `None` if its schema has parts that no shape stands for.
    pub fn of<T: JsonSchema>() -> Option<Self> {
        let schema = schemars::schema_for!(T).to_value();
        parse(&schema, &schema)
    }
}

/// The shape of a schema; `root` holds the definitions that it refers to. `None` where the schema has
/// parts that our types do not make.
fn parse(schema: &Json, root: &Json) -> Option<Shape> {
    let mut shape = match referred(schema, root) {
        Some(definition) => parse(definition?, root)?,
        None => parse_here(schema, root)?,
    };
    if let (Shape::Words(words), Some(not)) = (&mut shape, schema.get("not")) {
        for word in words.iter_mut() {
            if not.get("const").and_then(Json::as_str) == Some(&word.name) {
                word.refused = Some(text(not));
            }
        }
    }
    Some(shape)
}

/// What a schema refers to, if it refers to anything.
fn referred<'a>(schema: &Json, root: &'a Json) -> Option<Option<&'a Json>> {
    let place = schema.get("$ref")?.as_str()?;
    Some(place.strip_prefix('#').and_then(|p| root.pointer(p)))
}

fn parse_here(schema: &Json, root: &Json) -> Option<Shape> {
    if let Some(choices) = schema.get("oneOf").and_then(Json::as_array) {
        let words: Option<Vec<Vec<Word>>> = choices.iter().map(words).collect();
        return Some(Shape::Words(words?.concat()));
    }
    if let Some(words) = words(schema) {
        return Some(Shape::Words(words));
    }
    if let Some(several) = schema.get("anyOf").and_then(Json::as_array) {
        let keys: Option<Vec<Key>> = several.iter().map(|s| key(s, root)).collect();
        return Some(Shape::AnyOf(keys?));
    }
    match schema.get("type")?.as_str()? {
        "object" => {
            let keys = schema.get("properties")?.as_object()?;
            let keys = keys.iter();
            let keys = keys.map(|(name, s)| Some((name.clone(), key(s, root)?)));
            Some(Shape::Table(keys.collect::<Option<_>>()?))
        }
        "integer" => Some(Shape::Integer(Range {
            low: whole_low(schema),
            high: bound(schema, "maximum", Json::as_i64).unwrap_or(i64::MAX),
            unit: extension(schema, "x-unit").unwrap_or_default(),
            power_of_two: schema.get("x-power-of-two").is_some(),
            zero: extension(schema, "x-zero"),
        })),
        "number" => Some(Shape::Number(Range {
            low: bound(schema, "minimum", Json::as_f64).unwrap_or(f64::MIN),
            high: bound(schema, "maximum", Json::as_f64).unwrap_or(f64::MAX),
            unit: extension(schema, "x-unit").unwrap_or_default(),
            power_of_two: false,
            zero: extension(schema, "x-zero"),
        })),
        "array" => {
            let most = schema.get("maxItems").and_then(Json::as_u64);
            let items = parse(schema.get("items")?, root)?;
            let most = most.and_then(|n| usize::try_from(n).ok());
            Some(Shape::List(Box::new(items), most))
        }
        "boolean" => Some(Shape::Flag),
        "string" => Some(Shape::Text),
        _ => None,
    }
}

/// A schema with its text.
fn key(schema: &Json, root: &Json) -> Option<Key> {
    Some(Key {
        text: text(schema),
        shape: parse(schema, root)?,
    })
}

/// The smallest whole number apart from a special 0: `not` takes out what is between.
fn whole_low(schema: &Json) -> i64 {
    let not = schema
        .get("not")
        .and_then(|n| bound(n, "maximum", Json::as_i64));
    let low = not.map(|n| n + 1);
    low.or_else(|| bound(schema, "minimum", Json::as_i64))
        .unwrap_or(i64::MIN)
}

fn bound<T>(schema: &Json, name: &str, number: fn(&Json) -> Option<T>) -> Option<T> {
    schema.get(name).and_then(number)
}

fn extension(schema: &Json, name: &str) -> Option<String> {
    Some(schema.get(name)?.as_str()?.to_owned())
}

/// Words with a text each, or without any.
fn words(schema: &Json) -> Option<Vec<Word>> {
    let word = |name: &Json| {
        Some(Word {
            name: name.as_str()?.to_owned(),
            text: text(schema),
            refused: None,
        })
    };
    match (schema.get("const"), schema.get("enum")) {
        (Some(name), _) => Some(vec![word(name)?]),
        (None, Some(names)) => names.as_array()?.iter().map(word).collect(),
        (None, None) => None,
    }
}

/// The doc comment, on one line.
fn text(schema: &Json) -> String {
    let text = schema.get("description").and_then(Json::as_str);
    let words: Vec<&str> = text.unwrap_or("").split_whitespace().collect();
    words.join(" ")
}
