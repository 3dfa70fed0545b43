//! Schemas with values that are valid under them, from a seed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// A row of the table of constructs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    Text,
    Format,
    Long,
    Number,
    Boolean,
    Enum,
    Titled,
    Checks,
    Object,
    Array,
    Slots,
    Map,
    Branch,
    Conditional,
    Nullable,
    Secret,
    Fixed,
    Json,
    Recursion,
}

pub const ROWS: [Row; 19] = [
    Row::Text,
    Row::Format,
    Row::Long,
    Row::Number,
    Row::Boolean,
    Row::Enum,
    Row::Titled,
    Row::Checks,
    Row::Object,
    Row::Array,
    Row::Slots,
    Row::Map,
    Row::Branch,
    Row::Conditional,
    Row::Nullable,
    Row::Secret,
    Row::Fixed,
    Row::Json,
    Row::Recursion,
];

/// The rows that hold others.
pub const AROUND: [Row; 7] = [
    Row::Object,
    Row::Array,
    Row::Slots,
    Row::Map,
    Row::Branch,
    Row::Conditional,
    Row::Nullable,
];

/// What a generated secret begins with; it may stand in no page.
pub const SECRET: &str = "5ECRET";

/// A schema with a value, and what it was made of.
pub struct Case {
    pub schema: Value,
    pub value: Value,
    pub rows: BTreeMap<Row, usize>,
    pub nested: BTreeMap<(Row, Row), usize>,
    /// Which of the [`SIGNS`] it shows.
    pub signs: BTreeSet<&'static str>,
}

/// What is no row of its own and has to occur all the same.
pub const SIGNS: [&str; 11] = [
    "draft 4",
    "draft 6",
    "bounded number",
    "bounded text",
    "unevaluated",
    "order",
    "form maker",
    "editor",
    "option labels",
    "searched choice",
    "time",
];

/// A case from a seed; equal seeds give equal cases.
pub fn case(seed: u64) -> Case {
    let mut maker = Maker {
        state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03,
        draft: Draft::None,
        definitions: Map::new(),
        rows: BTreeMap::new(),
        nested: BTreeMap::new(),
        signs: BTreeSet::new(),
    };
    maker.draft = *maker.one_of(&[
        Draft::D2020,
        Draft::D2020,
        Draft::D2019,
        Draft::D7,
        Draft::None,
        Draft::D6,
        Draft::D4,
    ]);
    let (mut schema, value) = maker.object(3, Row::Object);
    *maker.rows.entry(Row::Object).or_default() += 1;
    match maker.draft {
        Draft::D2020 => schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema"),
        Draft::D2019 => schema["$schema"] = json!("https://json-schema.org/draft/2019-09/schema"),
        Draft::D7 => schema["$schema"] = json!("http://json-schema.org/draft-07/schema#"),
        Draft::D6 => {
            schema["$schema"] = json!("http://json-schema.org/draft-06/schema#");
            schema["$id"] = json!("https://example.com/plugin.json");
        }
        Draft::D4 => {
            schema["$schema"] = json!("http://json-schema.org/draft-04/schema#");
            schema["id"] = json!("https://example.com/plugin.json");
        }
        Draft::None => {}
    }
    let home = if maker.is_new() {
        "$defs"
    } else {
        "definitions"
    };
    schema[home] = Value::Object(std::mem::take(&mut maker.definitions));
    if maker.draft == Draft::D4 {
        schema = in_draft_4(schema);
    }
    maker.sign(match maker.draft {
        Draft::D4 => "draft 4",
        Draft::D6 => "draft 6",
        _ => "later draft",
    });
    Case {
        signs: maker.signs,
        schema,
        value,
        rows: maker.rows,
        nested: maker.nested,
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Draft {
    D2020,
    D2019,
    D7,
    D6,
    D4,
    None,
}

struct Maker {
    state: u64,
    draft: Draft,
    definitions: Map<String, Value>,
    rows: BTreeMap<Row, usize>,
    nested: BTreeMap<(Row, Row), usize>,
    signs: BTreeSet<&'static str>,
}

type Made = (Value, Value);

impl Maker {
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn one_of<'v, T>(&mut self, values: &'v [T]) -> &'v T {
        &values[self.below(values.len())]
    }

    fn sign(&mut self, sign: &'static str) {
        self.signs.insert(sign);
    }

    fn is_new(&self) -> bool {
        matches!(self.draft, Draft::D2020 | Draft::D2019)
    }

    /// A part inside one of kind `around`.
    fn part(&mut self, depth: usize, around: Row) -> Made {
        let row = *self.one_of(if depth == 0 { &LEAVES } else { &ROWS });
        let made = self.row(row, depth, around);
        self.dress(made)
    }

    fn row(&mut self, row: Row, depth: usize, around: Row) -> Made {
        *self.rows.entry(row).or_default() += 1;
        *self.nested.entry((around, row)).or_default() += 1;
        let below = depth.saturating_sub(1);
        match row {
            Row::Text if self.chance(25) => self.bounded_text(),
            Row::Text => (json!({"type": "string"}), Value::String(self.text())),
            Row::Format => self.format(),
            Row::Long => self.long(),
            Row::Number => self.number(),
            Row::Boolean => (json!({"type": "boolean"}), json!(self.chance(50))),
            Row::Enum => self.options(),
            Row::Titled => self.titled(),
            Row::Checks => self.checks(),
            Row::Object => self.object(below, row),
            Row::Array => self.array(below),
            Row::Slots => self.slots(below),
            Row::Map => self.map(below),
            Row::Branch => self.branch(below),
            Row::Conditional => self.conditional(below),
            Row::Nullable => self.nullable(below),
            Row::Secret => self.secret(),
            Row::Fixed => self.fixed(),
            Row::Json => self.json(),
            Row::Recursion => self.recursion(),
        }
    }

    /// Annotations, and sometimes a place of its own among the definitions.
    fn dress(&mut self, (mut schema, value): Made) -> Made {
        if self.chance(20) && schema.is_object() {
            schema["title"] = json!(self.text());
        }
        if self.chance(10) && schema.is_object() {
            schema["description"] = json!("Some *help* <b>here</b>");
        }
        if self.chance(10)
            && schema.is_object()
            && schema.get("default").is_none()
            && !value.to_string().contains(SECRET)
        {
            schema["default"] = value.clone();
        }
        if schema.is_object() {
            self.conventions(&mut schema);
        }
        if self.chance(15) {
            let name = format!("d{}", self.definitions.len());
            self.definitions.insert(name.clone(), schema);
            let home = if self.is_new() {
                "$defs"
            } else {
                "definitions"
            };
            return (json!({"$ref": format!("#/{home}/{name}")}), value);
        }
        (schema, value)
    }

    /// What people write beside the standard for editors and form makers.
    fn conventions(&mut self, schema: &mut Value) {
        const WIDGETS: [&str; 6] = ["textarea", "select", "radio", "color", "updown", "hidden"];
        if self.chance(8) {
            let keyword = *self.one_of(&["x-order", "order", "propertyOrder"]);
            schema[keyword] = json!(self.below(5));
            self.sign("order");
        }
        if self.chance(10) {
            schema["ui:widget"] = json!(self.one_of::<&str>(&WIDGETS));
            schema["ui:help"] = json!(self.text());
            schema["ui:placeholder"] = json!(self.text());
            self.sign("form maker");
        }
        if self.chance(8) {
            schema["markdownDescription"] = json!("See `this` and <b>that</b>");
            schema["deprecationMessage"] = json!(self.text());
            schema["patternErrorMessage"] = json!(self.text());
            schema["examples"] = json!([self.text(), 1]);
            self.sign("editor");
        }
    }

    fn bounded_text(&mut self) -> Made {
        const BOUNDED: [(&str, &str); 8] = [
            (
                "abc",
                r#"{"minLength": 1, "maxLength": 10, "pattern": "^[a-z]+$"}"#,
            ),
            (
                "AA:BB:CC",
                r#"{"pattern": "^([A-F0-9]{2}:){2}[A-F0-9]{2}$"}"#,
            ),
            ("007", r#"{"pattern": "^\\d+$", "maxLength": 3}"#),
            ("é😀 שלום", r#"{"minLength": 7, "maxLength": 7}"#),
            ("a\nb", r#"{"pattern": "a"}"#),
            ("", r#"{"maxLength": 0}"#),
            ("x", r#"{"minLength": 1, "maxLength": 201}"#),
            (" padded ", r#"{"pattern": "^ .* $"}"#),
        ];
        let (value, rules) = *self.one_of(&BOUNDED);
        let mut schema: Value = serde_json::from_str(rules).unwrap();
        if self.chance(80) {
            schema["type"] = json!("string");
        }
        self.sign("bounded text");
        (schema, json!(value))
    }

    /// A number that just keeps the rules.
    fn bounded_number(&mut self) -> Made {
        const BOUNDED: [(&str, &str); 8] = [
            (
                "8080",
                r#"{"type": "integer", "minimum": 1, "maximum": 65535}"#,
            ),
            ("1.5", r#"{"type": "number", "multipleOf": 0.5}"#),
            ("5", r#"{"type": "integer", "above": 4, "under": 6}"#),
            (
                "-5",
                r#"{"type": "number", "minimum": -5, "maximum": -5.0}"#,
            ),
            (
                "100",
                r#"{"type": "integer", "multipleOf": 25, "minimum": 0}"#,
            ),
            ("0.3", r#"{"type": "number", "above": 0, "under": 1}"#),
            (
                "12345678901234567890",
                r#"{"minimum": 12345678901234567890}"#,
            ),
            ("-0.0", r#"{"type": "number", "minimum": 0}"#),
        ];
        let (value, rules) = *self.one_of(&BOUNDED);
        let mut schema: Value = serde_json::from_str(rules).unwrap();
        for (short, open, closed) in [
            ("above", "exclusiveMinimum", "minimum"),
            ("under", "exclusiveMaximum", "maximum"),
        ] {
            let limit = schema.as_object_mut().and_then(|rules| rules.remove(short));
            match limit {
                Some(limit) if self.draft == Draft::D4 => {
                    schema[closed] = limit;
                    schema[open] = json!(true);
                }
                Some(limit) => schema[open] = limit,
                None => {}
            }
        }
        self.sign("bounded number");
        (schema, serde_json::from_str(value).unwrap())
    }

    fn text(&mut self) -> String {
        const TEXTS: [&str; 30] = [
            "",
            "a",
            "hello world",
            " leading",
            "trailing ",
            "a\nb",
            "\nfirst",
            "\n\ntwo",
            "last\n",
            "a\r\nb",
            "\r",
            "a\rb",
            "\"quoted\" 'single'",
            "<script>&amp;</script>",
            "&lt;",
            "</textarea>",
            "é😀 שלום",
            "\u{202e}rtl",
            "\u{feff}bom",
            "tab\there",
            "\u{c}feed",
            "\u{1}\u{7f}\u{85}\u{2028}",
            "true",
            "null",
            "12",
            "1.0",
            "[1]",
            "{}",
            "\u{fffe}\u{fffd}",
            "~0~1/%25",
        ];
        if self.chance(5) {
            "long ".repeat(60)
        } else {
            (*self.one_of(&TEXTS)).to_owned()
        }
    }

    fn key(&mut self) -> String {
        const KEYS: [&str; 24] = [
            "a",
            "b",
            "port",
            "server",
            "maxRetries",
            "a/b",
            "a~b",
            "",
            " ",
            "é",
            "a\nb",
            "c\r",
            "is:/a",
            "__proto__",
            "+1",
            "0",
            "-",
            "x y",
            "\"",
            "<i>",
            "config",
            "action",
            "~n",
            "%2F",
        ];
        (*self.one_of(&KEYS)).to_owned()
    }

    fn literal(&mut self) -> Value {
        const NUMBERS: [&str; 16] = [
            "0",
            "1",
            "-1",
            "1.0",
            "0.1",
            "-0",
            "1e3",
            "1E-7",
            "123456789012345678901234567890",
            "0.1234567890123456789012345",
            "1e400",
            "-2.50",
            "8080",
            "9007199254740993",
            "-0.0",
            "1e-400",
        ];
        serde_json::from_str(self.one_of::<&str>(&NUMBERS)).unwrap()
    }

    fn number(&mut self) -> Made {
        if self.chance(30) {
            return self.bounded_number();
        }
        if self.chance(40) {
            const WHOLE: [&str; 7] = [
                "0",
                "-5",
                "8080",
                "1.0",
                "123456789012345678901234567890",
                "9007199254740993",
                "65535",
            ];
            let value = serde_json::from_str(self.one_of::<&str>(&WHOLE)).unwrap();
            return (json!({"type": "integer"}), value);
        }
        let value = self.literal();
        (json!({"type": "number"}), value)
    }

    fn format(&mut self) -> Made {
        const VALUES: [(&str, &str); 34] = [
            ("email", "a@example.com"),
            ("email", "o'neil+x@example.org"),
            ("uri", "https://example.com/a?b=c#d"),
            ("uri", "urn:x:y"),
            ("date", "2024-02-29"),
            ("date", "0001-01-01"),
            ("time", "08:30:00Z"),
            ("time", "08:30:00.120+02:00"),
            ("time", "23:59:59.5Z"),
            ("time", "08:30:00.120Z"),
            ("time", "08:30:00z"),
            ("duration", "P1DT2H"),
            ("uri-reference", "../a?b#c"),
            ("json-pointer", "/a~1b"),
            ("iri", "https://exämple.com/é"),
            ("idn-email", "é@exämple.com"),
            ("date-time", "2024-05-06T07:08:00Z"),
            ("date-time", "2024-05-06T07:08:09Z"),
            ("date-time", "2024-05-06T07:08:09.120Z"),
            ("date-time", "2024-05-06T07:08:09.5Z"),
            ("date-time", "2024-05-06T07:08:00+02:00"),
            ("date-time", "2024-05-06t07:08:00z"),
            ("ipv4", "10.0.0.1"),
            ("ipv6", "fd00::1"),
            ("hostname", "nas.local"),
            ("color", "#00ff00"),
            ("color", "#00FF00"),
            ("color", "red"),
            ("color", ""),
            ("regex", "^a+$"),
            ("uuid", "123e4567-e89b-12d3-a456-426614174000"),
            ("date", "9999-12-31"),
            ("date-time", "2016-12-31T23:59:60Z"),
            ("unheard-of", "a\nb"),
        ];
        let (format, value) = *self.one_of(&VALUES);
        if format.contains("time") {
            self.sign("time");
        }
        (json!({"type": "string", "format": format}), json!(value))
    }

    fn long(&mut self) -> Made {
        let schema = if self.chance(50) {
            json!({"type": "string", "maxLength": 5000})
        } else {
            json!({"type": "string", "contentMediaType": "text/x-any"})
        };
        (schema, Value::String(self.text()))
    }

    fn values(&mut self, count: usize) -> Vec<Value> {
        let mut values: Vec<Value> = Vec::new();
        let plain = self.chance(50);
        for i in 0..count {
            let value = match self.below(if plain { 1 } else { 6 }) {
                0 => json!(format!("option {i}")),
                1 => Value::String(self.text()),
                2 => self.literal(),
                3 => json!(self.chance(50)),
                4 => Value::Null,
                _ => json!({"a": [i]}),
            };
            if !values
                .iter()
                .any(|known| taylordash::plugins::schema::same(known, &value))
            {
                values.push(value);
            }
        }
        values
    }

    fn options(&mut self) -> Made {
        let count = *self.one_of(&[2, 3, 4, 7, 25]);
        let values = self.values(count);
        let value = self.one_of(&values).clone();
        let mut schema = json!({"enum": values});
        if self.chance(30) {
            let labels: Vec<String> = values.iter().map(|_| self.text()).collect();
            let keyword = *self.one_of(&["enumItemLabels", "enumNames"]);
            schema[keyword] = json!(labels);
            self.sign("option labels");
        }
        if values.len() > 20 {
            self.sign("searched choice");
        }
        (schema, value)
    }

    fn titled(&mut self) -> Made {
        let count = *self.one_of(&[2, 3, 6, 22]);
        let values = self.values(count);
        let value = self.one_of(&values).clone();
        let keyword = *self.one_of(&["oneOf", "anyOf"]);
        if values.len() > 20 {
            self.sign("searched choice");
        }
        let branches: Vec<Value> = values
            .iter()
            .enumerate()
            .map(|(i, value)| json!({"const": value, "title": format!("Title {i}")}))
            .collect();
        (json!({keyword: branches}), value)
    }

    fn checks(&mut self) -> Made {
        let values = self.values(5);
        let mut picked: Vec<Value> = values.iter().filter(|_| self.chance(50)).cloned().collect();
        if self.chance(30) {
            picked.reverse();
        }
        (
            json!({"type": "array", "uniqueItems": true, "items": {"enum": values}}),
            Value::Array(picked),
        )
    }

    fn object(&mut self, depth: usize, row: Row) -> Made {
        let (mut properties, mut value, mut required) = (Map::new(), Map::new(), Vec::new());
        for _ in 0..self.below(5) {
            let key = self.key();
            if properties.contains_key(&key) {
                continue;
            }
            let (schema, inside) = self.part(depth, row);
            properties.insert(key.clone(), schema);
            if self.chance(75) {
                value.insert(key.clone(), inside);
                if self.chance(50) {
                    required.push(key);
                }
            }
        }
        let mut order: Vec<String> = properties.keys().rev().cloned().collect();
        let mut schema = json!({"type": "object", "properties": properties, "required": required});
        if self.chance(12) {
            order.truncate(2);
            order.push("*".to_owned());
            let keyword = *self.one_of(&["ui:order", "x-order"]);
            schema[keyword] = json!(order);
            self.sign("order");
        }
        if self.is_new() && self.chance(10) {
            schema["unevaluatedProperties"] = json!(false);
            self.sign("unevaluated");
            return (schema, Value::Object(value));
        }
        if self.chance(20) {
            schema["additionalProperties"] = json!(false);
        } else if self.chance(50) {
            let key = self.key();
            if schema["properties"].get(&key).is_none() {
                let stray = self.anything(2);
                value.insert(key, stray);
            }
        }
        (schema, Value::Object(value))
    }

    fn array(&mut self, depth: usize) -> Made {
        let (schema, first) = self.part(depth, Row::Array);
        let copies = self.below(4);
        (
            json!({"type": "array", "items": schema}),
            Value::Array(vec![first; copies]),
        )
    }

    fn slots(&mut self, depth: usize) -> Made {
        let (a, first) = self.part(depth, Row::Slots);
        let (b, second) = self.part(depth, Row::Slots);
        let present = self.below(3);
        let mut items: Vec<Value> = [first, second].into_iter().take(present).collect();
        let keyword = if self.draft == Draft::D2020 {
            ("prefixItems", "items")
        } else {
            ("items", "additionalItems")
        };
        let mut schema = json!({"type": "array", keyword.0: [a, b]});
        match self.below(3) {
            0 => schema[keyword.1] = json!(false),
            1 => {
                schema[keyword.1] = json!({"type": "string"});
                if present == 2 {
                    items.push(Value::String(self.text()));
                }
            }
            _ if present == 2 => items.push(json!({"free": [1]})),
            _ => {}
        }
        (schema, Value::Array(items))
    }

    fn map(&mut self, depth: usize) -> Made {
        let (schema, inside) = self.part(depth, Row::Map);
        let mut value = Map::new();
        for _ in 0..self.below(4) {
            value.insert(self.key(), inside.clone());
        }
        if self.chance(60) {
            return (
                json!({"type": "object", "additionalProperties": schema}),
                Value::Object(value),
            );
        }
        value.insert("x-1".to_owned(), inside);
        value.retain(|key, _| key.starts_with("x-"));
        let mut map = json!({"type": "object", "patternProperties": {"^x-": schema}});
        if self.chance(50) {
            value.insert("other".to_owned(), self.anything(1));
        } else {
            map["additionalProperties"] = json!(false);
        }
        (map, Value::Object(value))
    }

    fn branch(&mut self, depth: usize) -> Made {
        let keyword = *self.one_of(&["oneOf", "anyOf"]);
        if self.chance(30) {
            // Alternatives of different types.
            let (schema, value) = self.part(depth, Row::Branch);
            let wrapped = json!({"type": "object", "properties": {"w": schema}, "required": ["w"]});
            let other = json!({"type": "string"});
            return match self.below(2) {
                0 => (json!({keyword: [other, wrapped]}), json!({"w": value})),
                _ => (
                    json!({keyword: [wrapped, other]}),
                    Value::String(self.text()),
                ),
            };
        }
        let count = 2 + self.below(2);
        let mut branches = Vec::new();
        let mut values = Vec::new();
        for i in 0..count {
            let (schema, value) = self.part(depth, Row::Branch);
            let tag = format!("t{i}");
            branches.push(
                json!({"type": "object", "title": format!("Kind {i}"), "required": ["type"],
                "properties": {"type": {"const": tag}, "v": schema}}),
            );
            let mut whole = json!({"type": tag, "kept": i});
            if self.chance(80) {
                whole["v"] = value;
            }
            values.push(whole);
        }
        let i = self.below(count);
        (json!({keyword: branches}), values.swap_remove(i))
    }

    fn conditional(&mut self, depth: usize) -> Made {
        let (schema, value) = self.part(depth, Row::Conditional);
        let with = self.chance(70);
        match self.below(4) {
            0 => (
                json!({"type": "object", "properties": {"on": {"type": "boolean"}},
                    "if": {"properties": {"on": {"const": true}}, "required": ["on"]}, "then": {"properties": {"v": schema}}, "else": {"properties": {"w": {"type": "string"}}}}),
                if with {
                    json!({"on": true, "v": value})
                } else {
                    json!({"on": false, "w": self.text()})
                },
            ),
            1 => (
                json!({"type": "object", "allOf": [{"properties": {"v": schema}}, {"properties": {"n": {"type": "integer"}}, "required": ["n"]}]}),
                if with {
                    json!({"n": 1, "v": value})
                } else {
                    json!({"n": 2})
                },
            ),
            2 => {
                let keyword = if self.is_new() {
                    "dependentSchemas"
                } else {
                    "dependencies"
                };
                (
                    json!({"type": "object", "properties": {"k": {"type": "string"}}, keyword: {"k": {"properties": {"v": schema}}}}),
                    if with {
                        json!({"k": self.text(), "v": value})
                    } else {
                        json!({"other": 1})
                    },
                )
            }
            _ => {
                let keyword = if self.is_new() {
                    "dependentRequired"
                } else {
                    "dependencies"
                };
                (
                    json!({"type": "object", "properties": {"k": {"type": "boolean"}, "v": schema}, keyword: {"k": ["v"]}}),
                    if with {
                        json!({"k": false, "v": value})
                    } else {
                        json!({})
                    },
                )
            }
        }
    }

    fn nullable(&mut self, depth: usize) -> Made {
        let (mut schema, value) = self.part(depth, Row::Nullable);
        let value = if self.chance(35) { Value::Null } else { value };
        if let Some(Value::String(kind)) = schema
            .get("type")
            .cloned()
            .filter(|_| schema.get("enum").or(schema.get("const")).is_none())
        {
            schema["type"] = json!([kind, "null"]);
            return (schema, value);
        }
        (json!({"anyOf": [schema, {"type": "null"}]}), value)
    }

    fn secret(&mut self) -> Made {
        let value = format!("{SECRET}{}", self.next());
        match self.below(4) {
            0 => (json!({"type": "string", "writeOnly": true}), json!(value)),
            1 => (
                json!({"type": "string", "format": "password", "maxLength": 900}),
                json!(format!("{value}\nline\r\n")),
            ),
            2 => (json!({"writeOnly": true}), json!({"a": [value]})),
            _ => (
                json!({"type": "string", "format": "password"}),
                json!(value),
            ),
        }
    }

    fn fixed(&mut self) -> Made {
        let value = self.anything(1);
        match self.below(3) {
            0 => (json!({"const": value}), value),
            1 => (json!({"readOnly": true}), value),
            _ => {
                let (mut schema, value) = self.number();
                schema["deprecated"] = json!(true);
                (schema, value)
            }
        }
    }

    fn json(&mut self) -> Made {
        let value = self.anything(2);
        if self.is_new() && self.chance(30) {
            self.sign("unevaluated");
            return match self.below(3) {
                0 => (
                    json!({"type": "object", "unevaluatedProperties": {"type": "string"}}),
                    json!({self.key(): self.text()}),
                ),
                1 => (
                    json!({"type": "array", "unevaluatedItems": {"type": "string"}}),
                    json!([self.text(), self.text()]),
                ),
                _ => (
                    json!({"type": "object", "allOf": [{"properties": {"p": {"type": "string"}}}], "unevaluatedProperties": false}),
                    json!({"p": self.text()}),
                ),
            };
        }
        match self.below(6) {
            0 => (json!(true), value),
            1 => (json!({}), value),
            2 => (json!({"not": {"const": "never"}}), value),
            3 => (
                json!({"type": ["string", "number", "object", "array", "boolean", "null"]}),
                value,
            ),
            4 => (
                json!({"type": "array", "contains": {"const": 1}}),
                json!([value, 1]),
            ),
            _ => (json!({"type": "object"}), json!({"k": value})),
        }
    }

    fn recursion(&mut self) -> Made {
        let home = if self.is_new() {
            "$defs"
        } else {
            "definitions"
        };
        let name = format!("tree{}", self.definitions.len());
        let me = json!({"$ref": format!("#/{home}/{name}")});
        let node = json!({"type": "object", "properties": {"name": {"type": "string"}, "left": me, "all": {"type": "array", "items": me},
            "by": {"type": "object", "additionalProperties": me}}});
        self.definitions.insert(name, node);
        let value = self.tree(3);
        (me, value)
    }

    fn tree(&mut self, depth: usize) -> Value {
        let mut value = json!({});
        if self.chance(70) {
            value["name"] = json!(self.text());
        }
        if depth > 0 && self.chance(40) {
            value["left"] = self.tree(depth - 1);
        }
        if depth > 0 && self.chance(40) {
            value["all"] = json!([self.tree(depth - 1), self.tree(depth - 1)]);
        }
        if depth > 0 && self.chance(30) {
            value["by"] = json!({self.key(): self.tree(depth - 1)});
        }
        value
    }

    fn anything(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 4 } else { 6 }) {
            0 => Value::String(self.text()),
            1 => self.literal(),
            2 => json!(self.chance(50)),
            3 => Value::Null,
            4 => json!([self.anything(depth - 1), self.anything(depth - 1)]),
            _ => json!({self.key(): self.anything(depth - 1)}),
        }
    }
}

const LEAVES: [Row; 13] = [
    Row::Text,
    Row::Format,
    Row::Long,
    Row::Number,
    Row::Boolean,
    Row::Enum,
    Row::Titled,
    Row::Checks,
    Row::Secret,
    Row::Fixed,
    Row::Json,
    Row::Recursion,
    Row::Text,
];

/// The same schema as draft 4 says it: no `const`, and no `true` or `false` where a schema stands.
fn in_draft_4(schema: Value) -> Value {
    let Value::Object(keywords) = schema else {
        return schema;
    };
    let mut older = Map::new();
    for (keyword, held) in keywords {
        let (keyword, held) = match (keyword.as_str(), held) {
            ("const", value) => ("enum".to_owned(), json!([value])),
            ("enum" | "default" | "examples" | "required", held) => (keyword, held),
            ("properties" | "patternProperties" | "definitions", Value::Object(named)) => (
                keyword,
                named
                    .into_iter()
                    .map(|(name, schema)| (name, whole_in_draft_4(schema)))
                    .collect(),
            ),
            ("dependencies", Value::Object(named)) => (
                keyword,
                named
                    .into_iter()
                    .map(|(name, held)| (name, in_draft_4(held)))
                    .collect(),
            ),
            ("allOf" | "anyOf" | "oneOf" | "items", Value::Array(many)) => {
                (keyword, many.into_iter().map(whole_in_draft_4).collect())
            }
            ("additionalProperties" | "additionalItems", held) => (keyword, in_draft_4(held)),
            ("items" | "not" | "if" | "then" | "else", held) => (keyword, whole_in_draft_4(held)),
            (_, held) => (keyword, held),
        };
        older.insert(keyword, held);
    }
    if older
        .get("required")
        .is_some_and(|names| names == &json!([]))
    {
        older.remove("required");
    }
    Value::Object(older)
}

fn whole_in_draft_4(schema: Value) -> Value {
    match schema {
        Value::Bool(true) => json!({}),
        Value::Bool(false) => json!({"not": {}}),
        schema => in_draft_4(schema),
    }
}
