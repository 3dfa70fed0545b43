//! What a browser makes of a form: HTML's own rules for values ("value sanitization algorithm",
//! "constructing the entry list", "newline normalization" of the HTML standard), applied to the
//! rendered page, so that tests post what a person's browser would.

use scraper::{ElementRef, Html, Node};

/// A page that is open, with its controls as the browser holds them.
pub struct Page {
    pub html: String,
    pub controls: Vec<Control>,
}

/// A form control.
#[derive(Debug, Clone)]
pub struct Control {
    pub name: String,
    pub kind: String,
    pub value: String,
    pub checked: bool,
    /// A select's options.
    pub options: Vec<String>,
}

impl Page {
    /// Opens a page with this markup inside its form.
    pub fn open(inside: &str) -> Page {
        let html =
            format!("<!DOCTYPE html><html><body><form method=post>{inside}</form></body></html>");
        let document = Html::parse_document(&html);
        let mut controls = Vec::new();
        collect(document.root_element(), &mut controls);
        one_radio_per_group(&mut controls);
        Page { html, controls }
    }

    /// What pressing the save button posts.
    pub fn submit(&self) -> Vec<(String, String)> {
        let entries = self
            .controls
            .iter()
            .filter(|control| control.is_successful());
        entries
            .map(|control| (crlf(&control.name), crlf(&control.value)))
            .collect()
    }

    /// What pressing the button with this `action` posts.
    pub fn click(&self, action: &str) -> Vec<(String, String)> {
        let button = |control: &&Control| {
            control.kind == "submit" && control.name == "action" && control.value == action
        };
        assert!(
            self.controls.iter().any(|control| button(&control)),
            "there is no button “{action}” in\n{}",
            self.html
        );
        let mut pairs = self.submit();
        pairs.push(("action".to_owned(), action.to_owned()));
        pairs
    }

    /// The buttons that change the form.
    pub fn actions(&self) -> Vec<String> {
        let buttons = self
            .controls
            .iter()
            .filter(|control| control.kind == "submit" && control.name == "action");
        buttons.map(|control| control.value.clone()).collect()
    }

    /// The names of the boxes one types into, secrets left out.
    pub fn boxes(&self) -> Vec<&str> {
        let is_secret = |name: &str| {
            self.controls
                .iter()
                .any(|mark| mark.name == format!("is:{name}") && mark.value == "secret")
        };
        let typed = |control: &&Control| {
            control.name.starts_with('/')
                && ["text", "textarea", "number"].contains(&control.kind.as_str())
                && !is_secret(&control.name)
        };
        self.controls
            .iter()
            .filter(typed)
            .map(|control| control.name.as_str())
            .collect()
    }

    pub fn has_button(&self, action: &str) -> bool {
        self.controls
            .iter()
            .any(|control| control.kind == "submit" && control.value == action)
    }

    pub fn control(&self, name: &str) -> &Control {
        let shown = |control: &&Control| control.name == name && control.kind != "hidden";
        self.controls
            .iter()
            .find(shown)
            .unwrap_or_else(|| panic!("there is no control “{name}” in\n{}", self.html))
    }

    pub fn has(&self, name: &str) -> bool {
        self.controls
            .iter()
            .any(|control| control.name == name && control.kind != "hidden")
    }

    /// Types into a text, number or password control.
    pub fn fill(&mut self, name: &str, text: &str) {
        let kind = self.control(name).kind.clone();
        let control = self
            .controls
            .iter_mut()
            .find(|control| control.name == name && control.kind == kind)
            .unwrap();
        control.value = if kind == "textarea" {
            text.to_owned()
        } else {
            sanitize(&kind, text)
        };
    }

    /// Ticks or unticks a box; chooses a radio button or an option by its value.
    pub fn pick(&mut self, name: &str, value: &str) {
        let shown = |control: &Control| control.name == name && control.kind != "hidden";
        for control in self.controls.iter_mut().filter(|control| shown(control)) {
            match control.kind.as_str() {
                "select" => {
                    assert!(
                        control.options.iter().any(|option| option == value),
                        "no option {value} among {:?}",
                        control.options
                    );
                    control.value = value.to_owned();
                }
                "radio" => control.checked = control.value == value,
                _ => {}
            }
        }
    }

    pub fn tick(&mut self, name: &str, on: bool) {
        let mut boxes = self
            .controls
            .iter_mut()
            .filter(|control| control.name == name && control.kind == "checkbox");
        boxes
            .next()
            .unwrap_or_else(|| panic!("no box {name}"))
            .checked = on;
    }
}

impl Control {
    fn is_successful(&self) -> bool {
        match self.kind.as_str() {
            "submit" | "button" | "reset" => false,
            "checkbox" | "radio" => self.checked && !self.name.is_empty(),
            _ => !self.name.is_empty(),
        }
    }
}

fn collect(element: ElementRef<'_>, controls: &mut Vec<Control>) {
    for child in element.child_elements() {
        let tag = child.value().name();
        let attribute = |name: &str| child.value().attr(name).unwrap_or_default().to_owned();
        let disabled = child.value().attr("disabled").is_some();
        let control = |kind: &str, value: String| Control {
            name: attribute("name"),
            kind: kind.to_owned(),
            value,
            checked: child.value().attr("checked").is_some(),
            options: Vec::new(),
        };
        match tag {
            "input" if !disabled => {
                let kind = child.value().attr("type").unwrap_or("text").to_owned();
                let value = match (kind.as_str(), child.value().attr("value")) {
                    ("checkbox" | "radio", None) => "on".to_owned(),
                    (kind, value) => sanitize(kind, value.unwrap_or_default()),
                };
                controls.push(control(&kind, value));
            }
            "textarea" if !disabled => {
                let text: String = child
                    .children()
                    .filter_map(|node| match node.value() {
                        Node::Text(text) => Some(text.to_string()),
                        _ => None,
                    })
                    .collect();
                controls.push(control(
                    "textarea",
                    text.replace("\r\n", "\n").replace('\r', "\n"),
                ));
            }
            "select" if !disabled => controls.push(select(child, control("select", String::new()))),
            "button" => controls.push(control("submit", attribute("value"))),
            "datalist" => {}
            _ if disabled => {}
            _ => collect(child, controls),
        }
    }
}

fn select(element: ElementRef<'_>, mut control: Control) -> Control {
    let mut chosen = None;
    for option in element
        .descendent_elements()
        .filter(|option| option.value().name() == "option")
    {
        let text: String = option.text().collect();
        let value = option.value().attr("value").map_or_else(
            || text.split_ascii_whitespace().collect::<Vec<_>>().join(" "),
            str::to_owned,
        );
        if option.value().attr("selected").is_some() {
            chosen = Some(value.clone());
        }
        control.options.push(value);
    }
    control.value = chosen
        .or_else(|| control.options.first().cloned())
        .unwrap_or_default();
    if control.options.is_empty() {
        control.name.clear();
    }
    control
}

fn one_radio_per_group(controls: &mut [Control]) {
    for i in 0..controls.len() {
        let later = controls[i + 1..]
            .iter()
            .any(|other| other.kind == "radio" && other.checked && other.name == controls[i].name);
        if controls[i].kind == "radio" && later {
            controls[i].checked = false;
        }
    }
}

fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\n', "\r\n")
}

/// The value sanitization algorithm of an input's type.
fn sanitize(kind: &str, value: &str) -> String {
    let line = || value.replace(['\n', '\r'], "");
    let trim = |text: &str| {
        text.trim_matches([' ', '\t', '\n', '\x0c', '\r'])
            .to_owned()
    };
    match kind {
        "text" | "search" | "tel" | "password" => line(),
        "url" | "email" => trim(&line()),
        "number" => Some(value)
            .filter(|value| is_float(value))
            .unwrap_or_default()
            .to_owned(),
        "date" => Some(value)
            .filter(|value| is_date(value))
            .unwrap_or_default()
            .to_owned(),
        "datetime-local" => moment(value).unwrap_or_default(),
        // A valid time string is kept as it is.
        "time" => moment(&format!("2000-01-01T{value}"))
            .map(|_| value.to_owned())
            .unwrap_or_default(),
        "color" => color(value),
        _ => value.to_owned(),
    }
}

/// "Valid floating-point number", and one that a double can hold.
fn is_float(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (number, exponent) = unsigned
        .split_once(['e', 'E'])
        .map_or((unsigned, None), |(number, exponent)| {
            (number, Some(exponent))
        });
    let (whole, fraction) = number
        .split_once('.')
        .map_or((number, None), |(whole, fraction)| (whole, Some(fraction)));
    let number_fits =
        (digits(whole) || (whole.is_empty() && fraction.is_some())) && fraction.is_none_or(digits);
    let exponent_fits = exponent
        .is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
    number_fits && exponent_fits && text.parse::<f64>().is_ok_and(f64::is_finite)
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else {
        return false;
    };
    let number = |text: &str, length: usize| {
        (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<u32>().ok())
            .flatten()
    };
    let (Some(year), Some(month), Some(day)) = (
        number(year, year.len().max(4)),
        number(month, 2),
        number(day, 2),
    ) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => {
            if leap {
                29
            } else {
                28
            }
        }
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    year > 0 && (1..=days).contains(&day)
}

/// "Valid normalized local date and time string": a `T`, and the shortest time.
fn moment(text: &str) -> Option<String> {
    let (day, time) = text.split_once(['T', ' '])?;
    if !is_date(day) {
        return None;
    }
    let (clock, fraction) = time
        .split_once('.')
        .map_or((time, ""), |(clock, fraction)| (clock, fraction));
    let parts: Vec<u32> = clock
        .split(':')
        .map(|part| (part.len() == 2).then(|| part.parse().ok()).flatten())
        .collect::<Option<_>>()?;
    let (hour, minute, second) = match parts[..] {
        [hour, minute] if fraction.is_empty() => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    if hour > 23
        || minute > 59
        || second > 59
        || fraction.len() > 3
        || (time.contains('.') && fraction.is_empty())
        || !fraction.bytes().all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let tail = match (second, fraction) {
        (0, "") => String::new(),
        (second, "") => format!(":{second:02}"),
        (second, fraction) => format!(":{second:02}.{fraction}"),
    };
    Some(format!("{day}T{hour:02}:{minute:02}{tail}"))
}

fn color(text: &str) -> String {
    let simple = text.len() == 7
        && text.starts_with('#')
        && text[1..].bytes().all(|byte| byte.is_ascii_hexdigit());
    if simple {
        text.to_ascii_lowercase()
    } else {
        "#000000".to_owned()
    }
}
