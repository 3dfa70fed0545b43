//! The law of the form over schemas that people wrote for tools of their own: linters, formatters,
//! build tools, home automation. They are read from the npm packages that `package.json` pins, and
//! not copied here.
//!
//! What share of them is edited as JSON is counted by place of the schema: each entry of
//! `properties`, and the schema of a map's rows or of a list's items, counts once, however many
//! references lead to it and however deep it nests in itself. It counts as JSON when the form has a
//! JSON editor for it, or for something around it, under any of the values that were made.
//!
//! `tests/run the_form_of_every_schema --nocapture` prints the share of each schema.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use taylordash::plugins::schema::field::{Control, Field};
use taylordash::plugins::schema::{Answer, Compiled, check, post, problems, render, same};

use crate::kit::page;
use crate::valid::Sampler;

/// The files under `node_modules`, with the place of the schema in the file.
const CORPUS: [(&str, &str); 73] = [
    // Linters and formatters.
    ("markdownlint/schema/markdownlint-config-schema.json", ""),
    (
        "@commitlint/config-validator/lib/commitlint.schema.json",
        "",
    ),
    ("@microsoft/tsdoc/schemas/tsdoc.schema.json", ""),
    (
        "coc-rust-analyzer/package.json",
        "/contributes/configuration",
    ),
    ("coc-snippets/package.json", "/contributes/configuration"),
    // Releases, tests and continuous integration.
    ("@changesets/config/schema.json", ""),
    (
        "conventional-changelog-config-spec/versions/2.0.0/schema.json",
        "",
    ),
    (
        "conventional-changelog-config-spec/versions/2.1.0/schema.json",
        "",
    ),
    ("@stryker-mutator/api/dist/schema/stryker-core.json", ""),
    ("@turbo/types/schemas/schema.json", ""),
    ("@turbo/types/schemas/schema.v1.json", ""),
    ("@turbo/types/schemas/schema.v2.json", ""),
    (
        "@rushstack/rig-package/lib-commonjs/schemas/rig.schema.json",
        "",
    ),
    // Build tools.
    ("copy-webpack-plugin/dist/options.json", ""),
    ("css-loader/dist/options.json", ""),
    ("mini-css-extract-plugin/dist/loader-options.json", ""),
    ("mini-css-extract-plugin/dist/plugin-options.json", ""),
    ("webpack/schemas/WebpackOptions.json", ""),
    ("webpack/schemas/plugins/BannerPlugin.json", ""),
    ("webpack/schemas/plugins/LoaderOptionsPlugin.json", ""),
    ("webpack/schemas/plugins/ManifestPlugin.json", ""),
    ("webpack/schemas/plugins/ProgressPlugin.json", ""),
    ("webpack/schemas/plugins/SSRManifestPlugin.json", ""),
    ("webpack/schemas/plugins/SourceMapDevToolPlugin.json", ""),
    ("webpack/schemas/plugins/WatchIgnorePlugin.json", ""),
    ("webpack/schemas/plugins/container/ContainerPlugin.json", ""),
    (
        "webpack/schemas/plugins/container/ContainerReferencePlugin.json",
        "",
    ),
    (
        "webpack/schemas/plugins/container/ModuleFederationPlugin.json",
        "",
    ),
    ("webpack/schemas/plugins/debug/ProfilingPlugin.json", ""),
    ("webpack/schemas/plugins/dll/DllPlugin.json", ""),
    ("webpack/schemas/plugins/dll/DllReferencePlugin.json", ""),
    ("webpack/schemas/plugins/ids/HashedModuleIdsPlugin.json", ""),
    (
        "webpack/schemas/plugins/ids/OccurrenceChunkIdsPlugin.json",
        "",
    ),
    (
        "webpack/schemas/plugins/ids/OccurrenceModuleIdsPlugin.json",
        "",
    ),
    (
        "webpack/schemas/plugins/optimize/AggressiveSplittingPlugin.json",
        "",
    ),
    (
        "webpack/schemas/plugins/optimize/LimitChunkCountPlugin.json",
        "",
    ),
    (
        "webpack/schemas/plugins/optimize/MergeDuplicateChunksPlugin.json",
        "",
    ),
    (
        "webpack/schemas/plugins/optimize/MinChunkSizePlugin.json",
        "",
    ),
    (
        "webpack/schemas/plugins/sharing/ConsumeSharedPlugin.json",
        "",
    ),
    (
        "webpack/schemas/plugins/sharing/ProvideSharedPlugin.json",
        "",
    ),
    ("webpack/schemas/plugins/sharing/SharePlugin.json", ""),
    ("@angular-devkit/schematics/collection-schema.json", ""),
    // Generators of code.
    ("@schematics/angular/ai-config/schema.json", ""),
    ("@schematics/angular/app-shell/schema.json", ""),
    ("@schematics/angular/application/schema.json", ""),
    ("@schematics/angular/class/schema.json", ""),
    ("@schematics/angular/component/schema.json", ""),
    ("@schematics/angular/config/schema.json", ""),
    ("@schematics/angular/directive/schema.json", ""),
    ("@schematics/angular/e2e/schema.json", ""),
    ("@schematics/angular/enum/schema.json", ""),
    ("@schematics/angular/environments/schema.json", ""),
    ("@schematics/angular/guard/schema.json", ""),
    ("@schematics/angular/interceptor/schema.json", ""),
    ("@schematics/angular/interface/schema.json", ""),
    ("@schematics/angular/library/schema.json", ""),
    ("@schematics/angular/module/schema.json", ""),
    ("@schematics/angular/ng-new/schema.json", ""),
    ("@schematics/angular/pipe/schema.json", ""),
    (
        "@schematics/angular/refactor/jasmine-vitest/schema.json",
        "",
    ),
    ("@schematics/angular/resolver/schema.json", ""),
    ("@schematics/angular/server/schema.json", ""),
    ("@schematics/angular/service/schema.json", ""),
    ("@schematics/angular/service-worker/schema.json", ""),
    ("@schematics/angular/ssr/schema.json", ""),
    ("@schematics/angular/tailwind/schema.json", ""),
    ("@schematics/angular/vitest-browser/schema.json", ""),
    ("@schematics/angular/web-worker/schema.json", ""),
    ("@schematics/angular/workspace/schema.json", ""),
    // Home automation.
    ("homebridge-honeywell-home/config.schema.json", "/schema"),
    ("homebridge-lgwebos-tv/config.schema.json", "/schema"),
    (
        "homebridge-mqtt-unifi-protect/config.schema.json",
        "/schema",
    ),
    ("homebridge-tplink-smarthome/config.schema.json", "/schema"),
];

/// Schemas that are refused, and why they may be.
const REFUSED: [(&str, &str, &str); 2] = [
    // Their patterns look ahead.
    ("@cspell/cspell-types/cspell.schema.json", "", "looks ahead"),
    // `required: true` inside a property is of draft 3.
    (
        "homebridge-dummy/config.schema.json",
        "/schema",
        "This must be a list.",
    ),
];

/// The most values that are made for one schema.
const VALUES: usize = 30;
/// After so many values that showed nothing new, no more are made.
const ENOUGH: usize = 6;

/// What the form made of one schema.
#[derive(Default)]
struct Seen {
    values: usize,
    /// Each place of the schema that was shown, and whether it was ever edited as JSON.
    places: BTreeMap<String, bool>,
    /// Places no valid value could be made for.
    missed: BTreeSet<String>,
    broken: Vec<String>,
}

#[test]
fn the_form_of_every_schema_in_the_corpus_posts_back_what_it_shows() {
    let next = AtomicUsize::new(0);
    let all: Mutex<BTreeMap<usize, Seen>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((file, at)) = CORPUS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let seen = judge(&read(file, at), file);
                    let i = CORPUS
                        .iter()
                        .position(|known| known == &(*file, *at))
                        .unwrap();
                    all.lock().unwrap().insert(i, seen);
                }
            });
        }
    });
    let all = all.into_inner().unwrap();
    let broken: Vec<_> = all.values().flat_map(|seen| &seen.broken).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(all.len() == CORPUS.len() && all.len() >= 40);
    shares(&all);
}

#[test]
fn what_the_corpus_holds_that_no_form_can_be_made_of_is_refused_with_its_reason() {
    for (file, at, reason) in REFUSED {
        let problems = check(&read(file, at)).expect_err(file);
        assert!(
            problems
                .iter()
                .all(|problem| problem.message.contains(reason)),
            "{file}: {problems:#?}"
        );
    }
}

fn read(file: &str, at: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("node_modules")
        .join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("node_modules/{file}: {error}. The corpus is read from npm packages: run `tests/run install` first.")
    });
    let whole: Value = serde_json::from_str(&text).unwrap();
    whole
        .pointer(at)
        .unwrap_or_else(|| panic!("{file} has no {at}"))
        .clone()
}

fn judge(schema: &Value, name: &str) -> Seen {
    let compiled = Compiled::new(schema).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"));
    let mut seen = Seen::default();
    let empty = json!({});
    if problems(&compiled, &empty, &Value::Null).is_empty() {
        back(&compiled, &empty, name, &mut seen);
    }
    let mut sampler = Sampler::new(schema, &compiled);
    let mut idle = 0;
    for _ in 0..VALUES {
        let known = seen.places.len();
        if let Some(sample) = sampler.sample() {
            let shown = back(&compiled, &sample.value, name, &mut seen);
            for (at, places) in &sample.places {
                if let Some(json) = control(&shown, at) {
                    places
                        .iter()
                        .for_each(|place| *seen.places.entry(place.clone()).or_default() |= json);
                }
            }
        }
        idle = if seen.places.len() > known {
            0
        } else {
            idle + 1
        };
        if idle == ENOUGH {
            break;
        }
    }
    seen.missed = sampler
        .tried
        .into_iter()
        .filter(|place| !seen.places.contains_key(place))
        .collect();
    seen
}

/// Renders and posts back; returns what was shown at each place of the value.
fn back(compiled: &Compiled, value: &Value, name: &str, seen: &mut Seen) -> BTreeMap<String, bool> {
    let form = render(compiled, value);
    seen.values += 1;
    let became = match post(compiled, value, &page(&form).submit()) {
        Answer::Save(saved) if same(&saved.value, value) => None,
        Answer::Save(saved) => Some(saved.value.to_string()),
        Answer::Refuse(form) => Some(format!("{:?}", form.summary)),
        Answer::Show(_) => Some("a form".to_owned()),
    };
    seen.broken
        .extend(became.map(|became| format!("{name}: {value} became {became}")));
    let mut shown = BTreeMap::new();
    walk(&form.root, &mut shown);
    shown
}

fn walk(field: &Field, shown: &mut BTreeMap<String, bool>) {
    let json = matches!(field.control, Control::Json { .. });
    shown.insert(field.pointer.clone(), json);
    field.children().for_each(|child| walk(child, shown));
}

/// Whether the place `at` is edited as JSON, by itself or with what is around it; `None` when it is
/// not edited at all.
fn control(shown: &BTreeMap<String, bool>, at: &str) -> Option<bool> {
    let mut around = at;
    loop {
        match shown.get(around) {
            Some(json) if *json || around == at => return Some(*json),
            Some(_) => return None,
            None => around = &around[..around.rfind('/')?],
        }
    }
}

/// The JSON editor is for what has no other control: less than a tenth of all places.
fn shares(all: &BTreeMap<usize, Seen>) {
    let (mut json, mut places, mut missed) = (0, 0, 0);
    for (i, seen) in all {
        let edited = seen.places.values().filter(|json| **json).count();
        println!(
            "{:3} of {:4} places as JSON, {:2} values, {:2} places missed: {}{}",
            edited,
            seen.places.len(),
            seen.values,
            seen.missed.len(),
            CORPUS[*i].0,
            CORPUS[*i].1
        );
        json += edited;
        places += seen.places.len();
        missed += seen.missed.len();
    }
    println!(
        "{json} of {places} places in {} schemas are edited as JSON; {missed} were not reached",
        all.len()
    );
    assert!(places > 1000, "the corpus has only {places} places");
    assert!(
        missed * 20 < places,
        "{missed} places beside {places} were not reached"
    );
    assert!(
        json * 10 < places,
        "{json} of {places} places are edited as JSON"
    );
}
