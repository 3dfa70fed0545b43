//! A sample of the law for a real browser (tests/browser/form.test.mjs), which installs each schema as
//! a plugin's, opens its form and saves it as it is.

use serde_json::{Value, json};
use taylordash::plugins::schema::{Compiled, problems};

use crate::generator::{Case, ROWS, case};

const CASES: usize = 140;
/// The sample holds each row of the table at least this often.
const EACH: usize = 5;

/// `TAYLORDASH_LAW_SAMPLE` names the file it is written to. Schemas and values go as text: a script
/// would round their numbers.
#[test]
fn the_sample_for_a_browser_holds_every_row_of_the_table() {
    let sample: Vec<(u64, Case)> = (0..)
        .map(|seed| (seed, case(seed)))
        .filter(|(_, case)| is_valid(case))
        .take(CASES)
        .collect();
    for row in ROWS {
        let holds = |pair: &&(u64, Case)| pair.1.rows.contains_key(&row);
        let times = sample.iter().filter(holds).count();
        assert!(times >= EACH, "{row:?} occurs in {times} of {CASES} cases");
    }
    if let Some(file) = std::env::var_os("TAYLORDASH_LAW_SAMPLE") {
        let told: Vec<Value> = sample
            .iter()
            .map(|(seed, case)| told(*seed, case))
            .collect();
        std::fs::write(file, json!(told).to_string()).unwrap();
    }
}

fn is_valid(case: &Case) -> bool {
    let compiled = Compiled::new(&case.schema).unwrap();
    problems(&compiled, &case.value, &Value::Null).is_empty()
}

fn told(seed: u64, case: &Case) -> Value {
    let id = format!("law-{seed}");
    let manifest = json!({
        "id": id, "name": format!("Law {seed}"), "version": "1.0.0", "type": "data",
        "config_schema": case.schema,
    });
    json!({"id": id, "manifest": manifest.to_string(), "document": case.value.to_string()})
}
