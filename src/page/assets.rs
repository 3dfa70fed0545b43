//! The addresses of the static files, as `build.rs` knows them: a version or a hash in each, so that
//! browsers may keep them for ever.

/// The product's mark.
pub const LOGO: &str = env!("ASSET_LOGO");
/// Our style sheet.
pub const APP_CSS: &str = env!("ASSET_APP_CSS");
/// The style of a configuration form.
pub const CONFIG_FORM_CSS: &str = env!("ASSET_CONFIG_FORM_CSS");
/// Our script: live pages.
pub const APP_JS: &str = env!("ASSET_APP_JS");
/// Tabler's style sheet.
pub const TABLER: &str = env!("ASSET_TABLER");
/// htmx.
pub const HTMX: &str = env!("ASSET_HTMX");
/// The sprite of icons.
pub const ICONS: &str = env!("ASSET_ICONS");
/// The style of a map.
pub const MAP_CSS: &str = env!("ASSET_MAP_CSS");
/// What the map does beyond scrolling.
pub const MAP_JS: &str = env!("ASSET_MAP_JS");
/// Cards moved by hand on a board.
pub const BOARD_JS: &str = env!("ASSET_BOARD_JS");
/// The style of a board.
pub const BOARD_CSS: &str = env!("ASSET_BOARD_CSS");
/// SortableJS.
pub const SORTABLE: &str = env!("ASSET_SORTABLE");
/// All check boxes of a list at once.
pub const BULK_JS: &str = env!("ASSET_BULK_JS");
/// The token of the setup link, put into its form.
pub const SETUP_JS: &str = env!("ASSET_SETUP_JS");
/// Keys to press where tasks are shown.
pub const KEYS_JS: &str = env!("ASSET_KEYS_JS");
