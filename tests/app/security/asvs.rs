//! OWASP ASVS 5.0, level 2, as far as it applies here: each requirement in our own words, the story
//! that holds it, and a change to the program that makes that story fail.

/// Requirement, what it asks for, the test that holds it (`file::name`), the mutation it catches.
const TABLE: &[(&str, &str, &str, &str)] = &[
    (
        "1.2.1",
        "Output is escaped for where it stands",
        "house::a_template_holds_no_script_no_style_and_nothing_unescaped",
        "write |safe behind a value in a template",
    ),
    (
        "1.2.2",
        "A link leads nowhere but to http, https and mail",
        "browser/hostile::what is typed stays text, in every field, on every page and in every part of one",
        "let comrak keep unsafe links, and CLEANER the scheme javascript",
    ),
    (
        "1.2.4",
        "Queries are parameterised",
        "house::sql_is_never_put_together_from_text_outside_db_and_the_system_page",
        "build a query with AssertSqlSafe(format!(…)) in a store",
    ),
    (
        "1.2.10",
        "Exports defuse spreadsheet formulas",
        "security/audit::the_trail_leaves_as_a_spreadsheet_without_formulas_or_as_json_lines",
        "take the apostrophe out of cell_of",
    ),
    (
        "1.3.1",
        "HTML that somebody wrote is cleaned by a library for that",
        "browser/hostile::what is typed stays text, in every field, on every page and in every part of one",
        "let comrak keep raw HTML, and leave ammonia out",
    ),
    (
        "2.1.3",
        "Limits of input are documented and held",
        "security/passwords::a_password_may_have_128_characters_of_any_kind_and_all_of_them_count",
        "raise PASSWORD_MAX to 129",
    ),
    (
        "2.2.1",
        "Input is validated against what is expected",
        "security/wire::a_field_that_a_form_does_not_have_is_refused_where_it_could_mean_something",
        "let Posted::only answer Ok(()) always",
    ),
    (
        "2.4.1",
        "Repeated calls are slowed down",
        "security/passwords::an_address_that_guesses_at_many_accounts_is_slowed_down_and_no_other_is",
        "leave Kind::Address out of Kind::ALL",
    ),
    (
        "3.2.1",
        "What browsers may do with an answer is said on each",
        "security/wire::every_answer_says_what_browsers_may_do_with_it",
        "set the headers in a handler instead of in page::finish",
    ),
    (
        "3.3.1",
        "The session cookie is Secure and __Host- on https",
        "security/proxies::on_https_the_cookie_is_one_that_no_neighbour_can_set",
        "leave out SECURE_PREFIX in cookies::outside",
    ),
    (
        "3.3.2",
        "It is SameSite",
        "security/sessions::a_session_goes_with_the_browser_unless_it_is_to_be_kept",
        "SameSite::None in app::sessions",
    ),
    (
        "3.3.4",
        "Scripts cannot read it",
        "security/proxies::on_https_the_cookie_is_one_that_no_neighbour_can_set",
        "cookie_http_only(false) in app::sessions",
    ),
    (
        "3.4.1",
        "HSTS on https",
        "security/proxies::on_https_the_cookie_is_one_that_no_neighbour_can_set",
        "leave out Strict-Transport-Security in set_headers",
    ),
    (
        "3.4.3",
        "A content security policy without unsafe-inline",
        "security/wire::every_answer_says_what_browsers_may_do_with_it",
        "add 'unsafe-inline' to the policy",
    ),
    (
        "3.4.4",
        "nosniff",
        "security/wire::every_answer_says_what_browsers_may_do_with_it",
        "leave out X-Content-Type-Options",
    ),
    (
        "3.4.5",
        "A referrer policy",
        "security/wire::every_answer_says_what_browsers_may_do_with_it",
        "leave out Referrer-Policy",
    ),
    (
        "3.4.6",
        "No page can be framed",
        "security/wire::every_answer_says_what_browsers_may_do_with_it",
        "leave out frame-ancestors",
    ),
    (
        "3.4.8",
        "Windows of other origins are kept apart",
        "security/wire::every_answer_says_what_browsers_may_do_with_it",
        "leave out Cross-Origin-Opener-Policy",
    ),
    (
        "3.5.1",
        "Forged requests are refused",
        "doors::a_post_that_another_site_made_is_refused",
        "let same_origin answer true without an Origin",
    ),
    (
        "3.5.3",
        "Looking changes nothing",
        "security/matrix::looking_changes_nothing",
        "write an event in a GET handler",
    ),
    (
        "4.1.3",
        "Nobody but a trusted proxy speaks for others",
        "security/proxies::who_is_no_trusted_proxy_speaks_only_for_themselves",
        "let Client::read trust every peer",
    ),
    (
        "4.2.1",
        "A request has one length",
        "security/wire::a_request_with_two_lengths_is_refused_and_nothing_is_smuggled",
        "let arrive pass a request with both lengths",
    ),
    (
        "4.2.4",
        "Headers are not split",
        "security/wire::nothing_that_is_typed_becomes_a_header",
        "put next into Location without local_path",
    ),
    (
        "5.3.2",
        "No path leads out of where files are served",
        "security/wire::no_path_leads_out_of_the_static_files",
        "serve static files from the source tree",
    ),
    (
        "6.1.1",
        "How guessing is slowed down, without locking anyone out",
        "security/passwords::an_account_is_never_locked_for_good",
        "double the wait without an upper limit in throttle::delay",
    ),
    (
        "6.2.1",
        "Passwords have a least length",
        "doors::a_first_account_is_refused_with_a_message_at_each_field",
        "PASSWORD_MIN = 5",
    ),
    (
        "6.2.2",
        "People can change their password",
        "doors::changing_ones_password_ends_the_other_sessions_and_keeps_this_one",
        "leave out the route /account/password",
    ),
    (
        "6.2.3",
        "With the one they have",
        "doors::a_password_is_not_changed_without_the_one_that_is_now",
        "leave out check_current",
    ),
    (
        "6.2.4",
        "Common passwords are refused",
        "security/passwords::a_password_that_is_easy_to_guess_is_refused_with_advice",
        "Score::Two instead of Score::Three in users::secret",
    ),
    (
        "6.2.5",
        "Any characters, no rules of composition",
        "security/passwords::a_password_may_have_128_characters_of_any_kind_and_all_of_them_count",
        "ask for a digit",
    ),
    (
        "6.2.8",
        "As typed, without truncation",
        "security/passwords::a_password_may_have_128_characters_of_any_kind_and_all_of_them_count",
        "trim or cut the password before hashing",
    ),
    (
        "6.2.9",
        "Long ones are allowed",
        "security/passwords::a_password_may_have_128_characters_of_any_kind_and_all_of_them_count",
        "PASSWORD_MAX = 64",
    ),
    (
        "6.2.11",
        "Words of this application and the name are no password",
        "security/passwords::a_password_that_is_easy_to_guess_is_refused_with_advice",
        "hand zxcvbn no user inputs",
    ),
    (
        "6.3.1",
        "Guessing at accounts is held off",
        "security/passwords::failures_slow_an_account_down_and_another_address_does_not_help",
        "count failures by address only",
    ),
    (
        "6.3.1",
        "Nodes on one database count together",
        "security/nodes::a_guesser_is_as_slow_at_the_other_node",
        "count failures in the memory of each node",
    ),
    (
        "6.3.3",
        "A second factor can be required",
        "security/factor::a_role_that_takes_a_second_factor_leads_to_setting_one_up",
        "let Footing::due forget the second factor",
    ),
    (
        "6.3.8",
        "Nobody learns which accounts there are",
        "doors::a_login_gets_the_same_answer_for_an_unknown_user_a_wrong_password_and_a_disabled_account",
        "say of a disabled account that it is disabled",
    ),
    (
        "6.4.1",
        "A first password is for one login",
        "security/passwords::a_password_that_an_admin_chose_is_good_for_one_login",
        "let Footing::due forget the one-time password",
    ),
    (
        "6.4.3",
        "A lost second factor does not lock out for good",
        "security/factor::the_command_line_helps_who_lost_the_phone",
        "leave out --drop-second-factor",
    ),
    (
        "6.5.1",
        "A code is good once",
        "security/factor::with_a_second_factor_the_password_is_not_enough",
        "leave out totp_step < $2 in spend_step",
    ),
    (
        "6.5.2",
        "Recovery codes are kept as hashes",
        "security/factor::the_database_holds_neither_the_secret_nor_a_code",
        "keep the codes as they are",
    ),
    (
        "6.5.5",
        "Codes last a short time",
        "security/factor::five_wrong_codes_are_the_end_of_a_begun_login",
        "leave out tries < $3 in try_begun",
    ),
    (
        "7.2.1",
        "The server decides whether a session is one",
        "doors::logging_out_ends_the_session_on_the_server",
        "keep the user in the cookie",
    ),
    (
        "7.2.3",
        "Its key is random",
        "doors::who_reads_the_session_table_cannot_use_it",
        "use the hash as the key",
    ),
    (
        "7.2.4",
        "A login makes a new one",
        "security/sessions::a_login_gets_a_session_that_nobody_knew_before",
        "leave out session.renew() in Login::put",
    ),
    (
        "7.3.1",
        "It ends when it is not used",
        "security/sessions::how_long_sessions_last_can_be_chosen",
        "leave out s.last_seen > $3 in owner_at",
    ),
    (
        "7.3.2",
        "It ends however much it is used",
        "security/sessions::how_long_sessions_last_can_be_chosen",
        "leave out s.expires_at > $2 in owner_at",
    ),
    (
        "7.4.1",
        "Logging out ends it",
        "doors::logging_out_ends_the_session_on_the_server",
        "only remove the cookie",
    ),
    (
        "7.4.2",
        "Disabling and removing an account ends its sessions",
        "security/sessions::another_role_another_password_and_disabling_end_sessions_at_once",
        "let Edit::ends_sessions answer false",
    ),
    (
        "7.4.2",
        "MQTT connections end with the login, too",
        "security/sessions::an_mqtt_connection_ends_with_the_login_that_made_it",
        "let Accounts::still answer Some(true)",
    ),
    (
        "7.4.3",
        "Another password ends the others",
        "doors::changing_ones_password_ends_the_other_sessions_and_keeps_this_one",
        "leave out close_all in set_password",
    ),
    (
        "7.4.5",
        "Admins can end sessions",
        "security/sessions::nobody_ends_a_session_of_somebody_else_but_an_admin",
        "leave out user_id = $1 in close_one",
    ),
    (
        "7.5.1",
        "The password again before what matters",
        "security/confirm::everything_that_only_its_owner_should_do_asks_for_the_password",
        "Admin instead of Confirmed<Admin> in a handler",
    ),
    (
        "7.5.2",
        "People see and end their sessions",
        "security/sessions::a_person_sees_where_they_are_signed_in_and_ends_one_or_all_others",
        "leave the sessions out of the account's page",
    ),
    (
        "8.2.1",
        "Every function is for who may use it",
        "security/matrix::every_route_lets_in_who_may_and_nobody_else",
        "Viewer instead of Admin in a handler",
    ),
    (
        "8.2.2",
        "Things of others are theirs",
        "security/sessions::nobody_ends_a_session_of_somebody_else_but_an_admin",
        "end a session by its id alone",
    ),
    (
        "8.3.1",
        "The server decides, at every request",
        "security/sessions::another_role_another_password_and_disabling_end_sessions_at_once",
        "keep the role in the session",
    ),
    (
        "11.4.2",
        "Passwords are hashed with argon2id",
        "security/passwords::a_password_that_was_hashed_with_less_work_is_hashed_again_at_login",
        "answer Fit::Right for every hash that fits",
    ),
    (
        "13.3.4",
        "Keys can be rotated, and all that they seal goes along",
        "security/factor::a_rotation_of_the_key_takes_second_factors_along",
        "leave out factor::reseal in the rotation",
    ),
    (
        "14.3.2",
        "Signed-in pages are not stored",
        "security/wire::every_answer_says_what_browsers_may_do_with_it",
        "leave out no-store",
    ),
    (
        "15.2.2",
        "A slow sender is hung up on",
        "security/wire::who_takes_for_ever_to_send_a_head_is_hung_up_on",
        "client_request_timeout of an hour",
    ),
    (
        "15.2.2",
        "A flood of hashes has an end",
        "doors::a_flood_of_logins_is_sent_away_and_the_others_are_answered",
        "let the queue of Passwords hold any number",
    ),
    (
        "15.2.2",
        "A slow sender of a body is hung up on",
        "security/wire::who_takes_for_ever_to_send_a_body_is_hung_up_on_and_nobody_waits",
        "BODY_TIME of an hour",
    ),
    (
        "15.3.3",
        "No form takes fields that only another has",
        "security/matrix::no_form_takes_a_field_that_decides_elsewhere_or_another_id",
        "leave owner out of DECIDING",
    ),
    (
        "15.4.2",
        "Two who change one account do not overwrite each other",
        "users::two_admins_who_edit_one_account_do_not_overwrite_each_other",
        "let Seen::judge answer Mine always",
    ),
    (
        "16.2.1",
        "Events say when, where, who and what",
        "security/audit::a_refusal_is_an_event_and_many_in_a_row_are_one_a_minute",
        "leave the address out of the details",
    ),
    (
        "16.3.1",
        "Logins and failures are events",
        "security/passwords::many_failures_in_a_row_are_one_event_a_minute",
        "leave out note_failure",
    ),
    (
        "16.3.2",
        "Refusals are events",
        "security/audit::a_refusal_is_an_event_and_many_in_a_row_are_one_a_minute",
        "leave out auth::note_denials in app::server",
    ),
    (
        "16.3.3",
        "What looks like an attack is told",
        "security/watch::a_burst_of_failures_or_denials_is_told_once_also_after_a_restart",
        "leave denied out of Rules::judge",
    ),
    (
        "16.3.3",
        "Two nodes tell it once",
        "security/nodes::a_burst_over_both_is_one_note",
        "raise a note without asking for one of the same kind",
    ),
    (
        "16.3.3",
        "Mass deletion is told",
        "security/watch::a_note_waits_on_the_dashboard_until_an_admin_has_seen_it",
        "leave projects out of the deletions in Rules::judge",
    ),
    (
        "16.3.3",
        "Changes behind the application's back are told",
        "security/watch::rows_that_were_changed_behind_the_applications_back_are_told",
        "keep no print of a row",
    ),
    (
        "16.4.1",
        "Nothing that is sent begins a line of the log or commands the terminal",
        "security/log::what_strangers_send_stands_in_the_log_as_text",
        "write entries without one_line",
    ),
    (
        "16.4.2",
        "The trail is for who may read it",
        "security/audit::the_trail_is_for_admins",
        "Viewer instead of Admin in audit::routes",
    ),
    (
        "16.4.3",
        "The trail cannot be changed unseen, and its head stands outside",
        "security/audit::what_was_done_behind_the_applications_back_is_found",
        "leave the payload out of chain::digest",
    ),
    (
        "16.5.1",
        "An error says a number, and nothing of the inside",
        "security/audit::a_refusal_is_an_event_and_many_in_a_row_are_one_a_minute",
        "show Told::cause on the page",
    ),
    (
        "16.5.4",
        "A panic is a page for one request, and nothing for the next",
        "src/page/errors::a_panic_is_a_page_for_one_request_and_nothing_for_the_next",
        "leave out catch_unwind",
    ),
];

/// Where a test stands: below tests/app, or in a file of the program (`src/…`) or of the journeys
/// (`browser/…`).
fn source(name: &str) -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = match name.split_once('/') {
        Some(("src", _)) => vec![format!("{name}.rs")],
        Some(("browser", _)) => vec![format!("tests/{name}.test.mjs")],
        _ => vec![
            format!("tests/app/{name}.rs"),
            format!("tests/app/{name}/mod.rs"),
        ],
    };
    let file = files
        .iter()
        .find_map(|file| std::fs::read_to_string(root.join(file)).ok());
    file.unwrap_or_else(|| panic!("there is no file of tests {name}"))
}

/// How the test begins there.
fn beginning(file: &str, name: &str) -> String {
    match file.starts_with("browser/") {
        true => format!("test(\"{name}\""),
        false => format!("fn {name}("),
    }
}

#[test]
fn every_requirement_names_a_test_that_is_there_and_what_it_catches() {
    assert!(TABLE.is_sorted_by_key(|row| {
        row.0
            .split('.')
            .map(|n| n.parse::<u32>().unwrap())
            .collect::<Vec<_>>()
    }));
    for (item, says, test, mutation) in TABLE {
        let (file, name) = test.split_once("::").unwrap();
        let there = source(file).contains(&beginning(file, name));
        assert!(there, "{item}: there is no test {test}");
        assert!(!says.is_empty() && !mutation.is_empty(), "{item}");
    }
}
