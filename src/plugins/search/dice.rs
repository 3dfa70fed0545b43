//! Documents and criteria that only seem random.

use serde_json::{Map, Value, json};

/// Numbers that only seem random (xorshift64*), so that a failure can be had again.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % sides
    }

    pub(super) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub(super) fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    pub(super) fn key(&mut self) -> String {
        const KEYS: [&str; 19] = [
            "a", "b", "a", "b", "c", "0", "1", "-1", "01", "a.b", "a\"b", "a\\b", "ü", "", "$",
            "[0]", "enabled", "it's", "a\nb",
        ];
        self.of(&KEYS).to_owned()
    }

    pub(super) fn number(&mut self) -> Value {
        const NUMBERS: [&str; 20] = [
            "0",
            "-0",
            "0.0",
            "1",
            "1.0",
            "1e0",
            "10",
            "1e1",
            "100e-1",
            "-1",
            "0.1",
            "0.10",
            "0.1000000000000000055511151231257827",
            "9007199254740992",
            "9007199254740993",
            "9007199254740993.0",
            "9223372036854775808",
            "9.223372036854775808e18",
            "1e400",
            "-1E400",
        ];
        serde_json::from_str(self.of(&NUMBERS)).unwrap()
    }

    pub(super) fn scalar(&mut self) -> Value {
        const TEXTS: [&str; 12] = [
            "", "a", "b", "1", "true", "null", "ä", "it's", "a\"b\\", "a\nb", "A", "%",
        ];
        match self.below(8) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(false),
            3..=5 => self.number(),
            _ => self.of(&TEXTS).into(),
        }
    }

    pub(super) fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 2 } else { 5 }) {
            0 | 1 => self.scalar(),
            2 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => self.object(depth - 1),
        }
    }

    pub(super) fn object(&mut self, depth: usize) -> Value {
        let members = (0..self.below(5)).map(|_| (self.key(), self.value(depth)));
        Value::Object(members.collect::<Map<_, _>>())
    }

    /// The way to some scalar of `document`, and that scalar; `or` where there is none.
    pub(super) fn place_in(&mut self, document: &Value, or: Value) -> (Vec<String>, Value) {
        let (mut parts, mut here) = (Vec::new(), document);
        loop {
            let (part, below) = match here {
                Value::Object(members) if !members.is_empty() => {
                    let (key, member) = members.iter().nth(self.below(members.len())).unwrap();
                    (key.clone(), member)
                }
                Value::Array(items) if !items.is_empty() => {
                    let index = self.below(items.len());
                    (index.to_string(), &items[index])
                }
                Value::Object(_) | Value::Array(_) => return (vec![self.key()], or),
                scalar if parts.is_empty() => return (vec![self.key()], scalar.clone()),
                scalar => return (parts, scalar.clone()),
            };
            parts.push(part);
            here = below;
        }
    }

    /// A part of `value`, mostly one that it contains: with less in it, in another order, twice, or
    /// with a number written otherwise.
    pub(super) fn part(&mut self, value: &Value) -> Value {
        if self.one_in(25) {
            return self.value(2);
        }
        match value {
            Value::Object(members) => {
                let kept = members
                    .iter()
                    .filter(|_| !self.one_in(3))
                    .collect::<Vec<_>>();
                Value::Object(
                    kept.into_iter()
                        .map(|(key, member)| (key.clone(), self.part(member)))
                        .collect(),
                )
            }
            Value::Array(items) => {
                let mut parts = Vec::new();
                for item in items {
                    for _ in 0..self.below(3) {
                        let place = self.below(parts.len() + 1);
                        let part = self.part(item);
                        parts.insert(place, part);
                    }
                }
                Value::Array(parts)
            }
            Value::Number(number) if !self.one_in(3) => {
                let text = number.to_string();
                let rewritten = if text.contains(['e', 'E', '.']) {
                    text
                } else {
                    format!("{text}.00e0")
                };
                serde_json::from_str(&rewritten).unwrap()
            }
            scalar => scalar.clone(),
        }
    }
}
