//! The law of the form: rendering it and posting it back unchanged yields the same value, whatever
//! the schema and whatever the valid value.
//!
//! `TAYLORDASH_LAW_CASES` sets the number of cases, `TAYLORDASH_LAW_SEED` runs a single one.

use std::collections::BTreeMap;
use std::sync::Mutex;

use taylordash::plugins::schema::{Answer, Compiled, post, problems, render, same};

use crate::browser::Page;
use crate::generator::{AROUND, Case, ROWS, Row, SECRET, SIGNS, case};
use crate::kit::page;

const CASES: u64 = 10_000;

#[derive(Default)]
struct Seen {
    tried: usize,
    valid: usize,
    rows: BTreeMap<Row, usize>,
    nested: BTreeMap<(Row, Row), usize>,
    signs: BTreeMap<&'static str, usize>,
    broken: Vec<String>,
}

#[test]
fn rendering_a_form_and_posting_it_back_unchanged_yields_the_same_value() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().expect("a number"))
    };
    let (first, count) = match number("TAYLORDASH_LAW_SEED") {
        Some(seed) => (seed, 1),
        None => (0, number("TAYLORDASH_LAW_CASES").unwrap_or(CASES)),
    };
    let seen = Mutex::new(Seen::default());
    let next = std::sync::atomic::AtomicU64::new(first);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if seed >= first + count || seen.lock().unwrap().broken.len() > 20 {
                        return;
                    }
                    one(seed, &seen);
                }
            });
        }
    });
    let seen = seen.into_inner().unwrap();
    assert!(
        seen.broken.is_empty(),
        "{} of {} cases break the law:\n{}",
        seen.broken.len(),
        seen.valid,
        seen.broken.join("\n\n")
    );
    if count > 1 {
        assert!(
            seen.valid * 100 >= seen.tried * 90,
            "{} of {} generated values are valid",
            seen.valid,
            seen.tried
        );
        covered(&seen);
    }
}

fn one(seed: u64, seen: &Mutex<Seen>) {
    let case = case(seed);
    let outcome = std::panic::catch_unwind(|| judge(&case));
    let mut seen = seen.lock().unwrap();
    seen.tried += 1;
    match outcome {
        Ok(Some(verdict)) => {
            seen.valid += 1;
            for row in case.rows.keys() {
                *seen.rows.entry(*row).or_default() += 1;
            }
            for sign in &case.signs {
                *seen.signs.entry(sign).or_default() += 1;
            }
            for (pair, times) in &case.nested {
                *seen.nested.entry(*pair).or_default() += times;
            }
            if let Err(why) = verdict {
                seen.broken.push(format!(
                    "seed {seed}: {why}\nschema {}\nvalue {}",
                    case.schema, case.value
                ));
            }
        }
        Ok(None) => {}
        Err(_) => seen.broken.push(format!(
            "seed {seed}: panicked\nschema {}\nvalue {}",
            case.schema, case.value
        )),
    }
}

/// `None` when the generated value is not valid under its schema, as a random one may be.
fn judge(case: &Case) -> Option<Result<(), String>> {
    let compiled = match Compiled::new(&case.schema) {
        Ok(compiled) => compiled,
        Err(problems) => return Some(Err(format!("the schema is refused: {problems:?}"))),
    };
    if !problems(&compiled, &case.value, &serde_json::Value::Null).is_empty() {
        return None;
    }
    Some(unchanged(&compiled, case))
}

fn unchanged(compiled: &Compiled, case: &Case) -> Result<(), String> {
    let first = page(&render(compiled, &case.value));
    if first.html.contains(SECRET) {
        return Err(format!("a secret stands in the page:\n{}", first.html));
    }
    let pairs = first.submit();
    back(compiled, case, &pairs, "posted back")?;
    let mut again = pairs;
    again.push(("action".to_owned(), "show ".to_owned()));
    let Answer::Show(form) = post(compiled, &case.value, &again) else {
        return Err("a button did not show the form".into());
    };
    let second = page(&form);
    if second.html.contains(SECRET) {
        return Err("a secret stands in the page that a button showed".into());
    }
    back(
        compiled,
        case,
        &second.submit(),
        "posted back after a button",
    )?;
    every_button(compiled, case, &second)?;
    what_is_typed_stays(compiled, case, &second)
}

/// Whatever button is pressed, the form it shows posts itself back the same, and shows no secret.
fn every_button(compiled: &Compiled, case: &Case, page: &Page) -> Result<(), String> {
    let actions = page.actions();
    let show = |pairs: &[(String, String)]| match post(compiled, &case.value, pairs) {
        Answer::Show(form) => Ok(crate::kit::page(&form)),
        other => Err(format!("a button led to {other:?}")),
    };
    for action in actions.iter().step_by(actions.len() / 3 + 1) {
        let changed = show(&page.click(action))?;
        if changed.html.contains(SECRET) {
            return Err(format!("“{action}” uncovers a secret"));
        }
        let mut pairs = changed.submit();
        pairs.push(("action".to_owned(), "show ".to_owned()));
        let (mut before, mut after) = (changed.submit(), show(&pairs)?.submit());
        // An item may not come from where another branch has a secret: there its origin is dropped.
        if case.rows.contains_key(&Row::Secret) {
            before.retain(|pair| !pair.0.starts_with("from:"));
            after.retain(|pair| !pair.0.starts_with("from:"));
        }
        if before != after {
            return Err(format!(
                "after “{action}” the form does not come back as it was:\n{before:?}\n{after:?}"
            ));
        }
    }
    Ok(())
}

/// A wrong word in any box is there again when the form is refused for it.
fn what_is_typed_stays(compiled: &Compiled, case: &Case, page: &Page) -> Result<(), String> {
    const WRONG: &str = "{ wrong 9<\"";
    let boxes: Vec<&str> = page.boxes();
    for name in boxes.iter().step_by(boxes.len() / 3 + 1) {
        let mut pairs = page.submit();
        for pair in pairs.iter_mut().filter(|pair| pair.0 == *name) {
            WRONG.clone_into(&mut pair.1);
        }
        if let Answer::Refuse(form) = post(compiled, &case.value, &pairs) {
            let again = crate::kit::page(&form).submit();
            if !again.iter().any(|pair| pair.0 == *name && pair.1 == WRONG) {
                return Err(format!("what was typed at {name} is lost:\n{again:?}"));
            }
        }
    }
    Ok(())
}

fn back(
    compiled: &Compiled,
    case: &Case,
    pairs: &[(String, String)],
    when: &str,
) -> Result<(), String> {
    match post(compiled, &case.value, pairs) {
        Answer::Save(saved) if same(&saved.value, &case.value) => Ok(()),
        Answer::Save(saved) => Err(format!("{when}: became {}\n{pairs:?}", saved.value)),
        Answer::Refuse(form) => Err(format!("{when}: refused {:?}\n{pairs:?}", form.summary)),
        Answer::Show(_) => Err(format!("{when}: shown")),
    }
}

/// Each row and each further sign in at least one case of a hundred, each pair of rows nested at least twenty times in ten
/// thousand cases.
fn covered(seen: &Seen) {
    for row in ROWS {
        let times = seen.rows.get(&row).copied().unwrap_or_default();
        assert!(
            times * 100 >= seen.valid,
            "{row:?} occurs in {times} of {} cases",
            seen.valid
        );
    }
    for sign in SIGNS {
        let times = seen.signs.get(sign).copied().unwrap_or_default();
        assert!(
            times * 100 >= seen.valid,
            "“{sign}” occurs in {times} of {} cases",
            seen.valid
        );
    }
    let least = (20 * seen.valid).div_ceil(CASES as usize);
    for around in AROUND {
        for row in ROWS {
            let times = seen.nested.get(&(around, row)).copied().unwrap_or_default();
            assert!(
                times >= least,
                "{row:?} stands in {around:?} {times} times in {} cases",
                seen.valid
            );
        }
    }
}
