//! Brings the browser libraries pinned by `package-lock.json` into `static/vendor/`,
//! and tells the templates the URL of every file a page asks for.
//!
//! Each copied name carries its version, so that a browser may keep it for ever; our own
//! files get a hash of their content as a query. When everything is in place already,
//! npm is not needed.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::SystemTime;

/// Every icon of @tabler/icons (outline) that the templates use.
const ICONS: &str = "
    activity adjustments alert-triangle archive arrow-back-up arrow-left arrows-move ban bookmark check
    chevron-right circle-check
    circle-dashed clock database dots download external-link folder history info-circle key keyboard
    layout-dashboard list-check lock logout minus pencil player-pause plug plug-connected-x plus
    power progress puzzle refresh search server-2 settings shield-check sitemap tags trash upload
    user user-circle users x
";

/// Our own files that pages link to: the name in the templates' environment, and the file.
const OWN: &[(&str, &str)] = &[
    ("ASSET_APP_CSS", "app.css"),
    ("ASSET_APP_JS", "app.js"),
    ("ASSET_BOARD_CSS", "board.css"),
    ("ASSET_BOARD_JS", "board.js"),
    ("ASSET_BULK_JS", "bulk.js"),
    ("ASSET_CONFIG_FORM_CSS", "config-form.css"),
    ("ASSET_KEYS_JS", "keys.js"),
    ("ASSET_LOGO", "logo.svg"),
    ("ASSET_MAP_CSS", "map.css"),
    ("ASSET_MAP_JS", "map.js"),
    ("ASSET_SETUP_JS", "setup.js"),
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("cargo::error={message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(|e| e.to_string())?);
    for watched in ["build.rs", "package-lock.json", "migrations"] {
        // A watched file that is missing counts as changed, always.
        if root.join(watched).exists() {
            println!("cargo::rerun-if-changed={watched}");
        }
    }
    let lock = Lock::read(&root)?;
    let vendor = Vendor::planned(&lock)?;
    if !vendor.is_complete(&root) {
        if !lock.is_installed(&root) {
            npm_ci(&root)?;
        }
        vendor.fill(&root, &lock)?;
    }
    vendor.announce();
    announce_own(&root)
}

/// The versions `package-lock.json` pins, and when that file was written.
struct Lock {
    text: String,
    written: SystemTime,
}

impl Lock {
    fn read(root: &Path) -> Result<Self, String> {
        let path = root.join("package-lock.json");
        let written = fs::metadata(&path).and_then(|meta| meta.modified());
        Ok(Self {
            text: read(&path)?,
            written: written.map_err(|e| e.to_string())?,
        })
    }

    fn version(&self, package: &str) -> Result<&str, String> {
        let entry = format!("\"node_modules/{package}\": {{");
        self.text
            .split_once(&entry)
            .and_then(|(_, rest)| json_text(rest, "version"))
            .ok_or_else(|| format!("package-lock.json does not pin {package}"))
    }

    /// Whether `node_modules` holds just what is pinned; the tests' own packages may lie beside it.
    fn is_installed(&self, root: &Path) -> bool {
        ["htmx.org", "@tabler/core", "@tabler/icons", "sortablejs"]
            .iter()
            .all(|package| {
                let manifest = root.join("node_modules").join(package).join("package.json");
                let there = fs::read_to_string(manifest).unwrap_or_default();
                self.version(package)
                    .ok()
                    .is_some_and(|v| json_text(&there, "version") == Some(v))
            })
    }
}

/// The files `static/vendor/` is to hold.
struct Vendor {
    htmx: String,
    tabler: String,
    icons: String,
    sortable: String,
}

impl Vendor {
    fn planned(lock: &Lock) -> Result<Self, String> {
        let icons = lock.version("@tabler/icons")?;
        Ok(Self {
            htmx: format!("htmx-{}.min.js", lock.version("htmx.org")?),
            tabler: format!("tabler-{}.min.css", lock.version("@tabler/core")?),
            icons: format!("icons-{icons}-{:08x}.svg", hash(ICONS) as u32),
            sortable: format!("sortable-{}.min.js", lock.version("sortablejs")?),
        })
    }

    fn names(&self) -> BTreeSet<String> {
        [&self.htmx, &self.tabler, &self.icons, &self.sortable]
            .into_iter()
            .flat_map(|name| [name.clone(), licence_of(name)])
            .collect()
    }

    fn is_complete(&self, root: &Path) -> bool {
        self.names()
            .iter()
            .all(|name| root.join("static/vendor").join(name).is_file())
    }

    fn fill(&self, root: &Path, lock: &Lock) -> Result<(), String> {
        let modules = root.join("node_modules");
        let folder = root.join("static/vendor");
        fs::create_dir_all(&folder).map_err(|e| format!("static/vendor: {e}"))?;
        let put = |name: &str, text: &str| write(&folder.join(name), text, lock.written);

        let htmx = read(&modules.join("htmx.org/dist/htmx.min.js"))?;
        put(&self.htmx, without_source_map(&htmx))?;
        put(
            &licence_of(&self.htmx),
            &read(&modules.join("htmx.org/LICENSE"))?,
        )?;

        let sortable = read(&modules.join("sortablejs/Sortable.min.js"))?;
        put(&self.sortable, without_source_map(&sortable))?;
        put(
            &licence_of(&self.sortable),
            &read(&modules.join("sortablejs/LICENSE"))?,
        )?;

        let tabler = read(&modules.join("@tabler/core/dist/css/tabler.min.css"))?;
        let licence = read(&modules.join("@tabler/icons/LICENSE"))?;
        put(&self.tabler, without_source_map(&tabler))?;
        put(
            &licence_of(&self.tabler),
            &tabler_licence(&tabler, &licence)?,
        )?;

        put(
            &self.icons,
            &sprite(&modules.join("@tabler/icons/icons/outline"))?,
        )?;
        put(&licence_of(&self.icons), &licence)?;
        self.remove_others(&folder)
    }

    fn remove_others(&self, folder: &Path) -> Result<(), String> {
        let names = self.names();
        let entries = fs::read_dir(folder).map_err(|e| e.to_string())?;
        for entry in entries.flatten() {
            if !names.contains(&*entry.file_name().to_string_lossy()) {
                fs::remove_file(entry.path()).map_err(|e| e.to_string())?;
            }
        }
        Ok(())
    }

    fn announce(&self) {
        for name in self.names() {
            println!("cargo::rerun-if-changed=static/vendor/{name}");
        }
        let assets = [
            ("ASSET_HTMX", &self.htmx),
            ("ASSET_TABLER", &self.tabler),
            ("ASSET_ICONS", &self.icons),
            ("ASSET_SORTABLE", &self.sortable),
        ];
        for (variable, name) in assets {
            println!("cargo::rustc-env={variable}=/static/vendor/{name}");
        }
    }
}

fn announce_own(root: &Path) -> Result<(), String> {
    for (variable, name) in OWN {
        println!("cargo::rerun-if-changed=static/{name}");
        let text = read(&root.join("static").join(name))?;
        println!(
            "cargo::rustc-env={variable}=/static/{name}?v={:016x}",
            hash(&text)
        );
    }
    Ok(())
}

fn npm_ci(root: &Path) -> Result<(), String> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(npm)
        .args(["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(root)
        .output()
        .map_err(|e| {
            format!("npm is needed to fetch the browser libraries ({e}): install Node.js 20 or newer with npm, then build again")
        })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let why = said
        .lines()
        .find(|line| line.contains("error"))
        .unwrap_or("no reason given");
    Err(format!(
        "npm ci could not fetch the browser libraries: {why}"
    ))
}

/// One SVG file of `<symbol id="name">`s; stroke and size come from the page that uses them.
fn sprite(folder: &Path) -> Result<String, String> {
    let mut svg = String::from("<svg xmlns=\"http://www.w3.org/2000/svg\">\n");
    for name in ICONS.split_whitespace() {
        let icon = read(&folder.join(format!("{name}.svg")))?;
        let shapes = icon
            .split_once("<svg")
            .and_then(|(_, rest)| rest.split_once('>'))
            .and_then(|(_, rest)| rest.split_once("</svg>"))
            .map(|(shapes, _)| shapes)
            .ok_or_else(|| format!("{name}.svg of @tabler/icons is not an SVG file"))?;
        let shapes: Vec<_> = shapes
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        svg += &format!(
            "<symbol id=\"{name}\" viewBox=\"0 0 24 24\">{}</symbol>\n",
            shapes.concat()
        );
    }
    Ok(svg + "</svg>\n")
}

/// @tabler/core's package has no licence file: its style sheet names the holders, and
/// @tabler/icons, by the same holders, has the text of the same licence.
fn tabler_licence(css: &str, icons: &str) -> Result<String, String> {
    let holders: Vec<_> = css
        .lines()
        .take(8)
        .filter_map(|line| {
            line.trim_start_matches([' ', '*'])
                .strip_prefix("Copyright ")
        })
        .map(|line| format!("Copyright (c) {line}\n"))
        .collect();
    match icons.split_once("Permission is hereby granted") {
        Some((_, terms)) if !holders.is_empty() => Ok(format!(
            "MIT License\n\n{}\nPermission is hereby granted{terms}",
            holders.concat()
        )),
        _ => Err("the licence of @tabler/core has moved: look where, and change build.rs".into()),
    }
}

fn licence_of(name: &str) -> String {
    format!("{name}.LICENSE.txt")
}

/// The value of the first `"key": "value"` in a JSON text that npm wrote.
fn json_text<'a>(json: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = json.split_once(&format!("\"{key}\": \""))?;
    rest.split_once('"').map(|(value, _)| value)
}

/// Without its last comment, for which a browser's tools would ask us a file we do not have.
fn without_source_map(text: &str) -> &str {
    text.rsplit_once("# sourceMappingURL=")
        .map_or(text, |(code, _)| code.trim_end_matches(['/', '*']))
}

fn hash<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Writes whole or not at all, dated like the lock file: cargo would take a file younger
/// than this run for a change, and build everything a second time.
fn write(path: &Path, text: &str, date: SystemTime) -> Result<(), String> {
    let draft = path.with_extension(format!("{}.tmp", std::process::id()));
    let done = fs::write(&draft, text)
        .and_then(|()| File::options().write(true).open(&draft)?.set_modified(date))
        .and_then(|()| fs::rename(&draft, path));
    done.map_err(|e| format!("{}: {e}", path.display()))
}
