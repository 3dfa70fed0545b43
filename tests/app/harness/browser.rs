use std::sync::Arc;
use std::time::Duration;

use reqwest::cookie::{CookieStore, Jar};
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Client, RequestBuilder};
use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::PASSWORD;

/// What is typed for the first account.
pub const FIRST: [(&str, &str); 3] = [
    ("username", "sam"),
    ("password", PASSWORD),
    ("password_again", PASSWORD),
];

/// A client with cookies of its own that, like a browser, says where its forms come from. It follows
/// no redirect by itself.
#[derive(Clone)]
pub struct Browser {
    origin: String,
    client: Client,
    cookies: Arc<Jar>,
}

impl Browser {
    pub fn new(origin: &str) -> Self {
        let cookies = Arc::new(Jar::default());
        let client = Client::builder()
            .cookie_provider(Arc::clone(&cookies))
            .redirect(reqwest::redirect::Policy::none())
            // Before the server hangs up on an idle connection, which it does after 5 s.
            .pool_idle_timeout(Duration::from_secs(3))
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        Self {
            origin: origin.to_owned(),
            client,
            cookies,
        }
    }

    /// The same person's browser after the server came back at another address.
    pub fn at(&self, origin: &str) -> Self {
        let moved = Self::new(origin);
        if let Some(kept) = self.cookies.cookies(&self.origin.parse().unwrap()) {
            for cookie in kept.to_str().unwrap().split("; ") {
                let url: Url = origin.parse().unwrap();
                moved
                    .cookies
                    .add_cookie_str(&format!("{cookie}; Path=/"), &url);
            }
        }
        moved
    }

    /// `name=value; …` as it is sent.
    pub fn cookie_header(&self) -> String {
        let kept = self.cookies.cookies(&self.origin.parse().unwrap());
        kept.map(|kept| kept.to_str().unwrap().to_owned())
            .unwrap_or_default()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.client.get(self.url(path))).await
    }

    /// Posts form fields, with the `Origin` that a browser sends.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(self.posting(path).form(fields)).await
    }

    /// Makes the first account, `sam`, an admin, with the token of the setup link.
    pub async fn set_up(&self, token: &str) {
        let fields = [("token", token)];
        let fields = [&fields[..], &FIRST[..]].concat();
        self.post("/setup", &fields).await.see("/");
    }

    /// A POST of anything else: `browser.send(browser.posting(path).body(…))`.
    pub fn posting(&self, path: &str) -> RequestBuilder {
        self.bare_post(path).header("Origin", &self.origin)
    }

    /// A POST that does not say where it comes from.
    pub fn bare_post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path))
    }

    /// A GET to be changed before it is sent, or to be read as it arrives.
    pub fn getting(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("the server answers");
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.expect("the answer arrives whole"),
        }
    }

    /// Goes on to where a 303 leads.
    pub async fn follow(&self, answer: &Answer) -> Answer {
        self.get(&answer.location()).await
    }

    /// Sends the form that `css` finds on `page`, as it stands there but with `changes`.
    pub async fn submit(&self, page: &Answer, css: &str, changes: &[(&str, &str)]) -> Answer {
        let (action, fields) = page.form(css, changes);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (&**k, &**v)).collect();
        self.post(&action, &fields).await
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// Fails where the status is another.
    #[track_caller]
    pub fn status(self, expected: u16) -> Self {
        assert_eq!(self.status, expected, "{}", self.text);
        self
    }

    /// Fails where it is no 303 to `expected`.
    #[track_caller]
    pub fn see(self, expected: &str) -> Self {
        let answer = self.status(303);
        assert_eq!(answer.location(), expected);
        answer
    }

    /// Where a redirect leads; empty where there is none.
    pub fn location(&self) -> String {
        self.header(LOCATION.as_str())
    }

    /// A header; empty where it was not sent.
    pub fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).expect("the answer is JSON")
    }

    /// The text of each element that a CSS selector finds, its white space folded.
    pub fn select(&self, css: &str) -> Vec<String> {
        let html = Html::parse_document(&self.text);
        html.select(&selector(css)).map(text_of).collect()
    }

    /// The attribute of each element that a CSS selector finds and that has it.
    pub fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let html = Html::parse_document(&self.text);
        let css = selector(css);
        html.select(&css)
            .filter_map(|element| element.attr(name).map(str::to_owned))
            .collect()
    }

    /// Whether a CSS selector finds anything.
    pub fn has(&self, css: &str) -> bool {
        !self.select(css).is_empty()
    }

    /// The message at a field of a refused form.
    pub fn problem(&self, field: &str) -> String {
        self.select(&format!("[id='{field}-error']")).join(" ")
    }

    /// What a form would send: its action, and the fields as they stand but with `changes`.
    pub fn form(&self, css: &str, changes: &[(&str, &str)]) -> (String, Vec<(String, String)>) {
        let html = Html::parse_document(&self.text);
        let wanted = selector(css);
        let form = html.select(&wanted).next();
        let form = form.unwrap_or_else(|| panic!("no form {css} in {}", self.text));
        let action = form.attr("action").expect("the form has an action");
        let controls = selector("input[name], select[name], textarea[name]");
        let mut fields: Vec<(String, String)> = form
            .select(&controls)
            .filter_map(|control| Some((control.attr("name")?.to_owned(), sent_by(control)?)))
            .filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name))
            .collect();
        for (name, value) in changes {
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        (action.to_owned(), fields)
    }
}

/// What a control sends, as it stands; `None` where it sends nothing.
fn sent_by(control: ElementRef<'_>) -> Option<String> {
    let value = || control.attr("value").map(str::to_owned);
    match (control.value().name(), control.attr("type")) {
        ("textarea", _) => {
            let text: String = control.text().collect();
            let text = text.strip_prefix('\n').unwrap_or(&text);
            // As the HTML standard has it (4.10.21.4).
            Some(text.replace('\n', "\r\n"))
        }
        ("select", _) => {
            let chosen = control.select(&selector("option[selected]")).next();
            let chosen = chosen.or_else(|| control.select(&selector("option")).next())?;
            Some(chosen.attr("value").unwrap_or_default().to_owned())
        }
        (_, Some("radio" | "checkbox")) => {
            let value = value().unwrap_or_else(|| "on".to_owned());
            control.attr("checked").map(|_| value)
        }
        (_, Some("submit" | "button" | "file")) => None,
        _ => Some(value().unwrap_or_default()),
    }
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|_| panic!("{css} is no CSS selector"))
}

fn text_of(element: ElementRef<'_>) -> String {
    let text: String = element.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
