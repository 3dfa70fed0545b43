//! How wide a text is, roughly: the server does not know the fonts of whoever looks.

/// Units that a text of one line takes at a size of 1; rather too many than too few. The widths are those
/// of DejaVu Sans, the widest of the fonts that systems use for their own pages.
pub fn width(text: &str) -> f64 {
    text.chars().map(width_of).sum()
}

fn width_of(character: char) -> f64 {
    match character {
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => 0.0,
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | '·' | ' ' => 0.34,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' | '"' => 0.42,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '—' | '…' => 0.98,
        'A'..='Z' => 0.71,
        // Writing systems whose letters fill a square.
        '\u{1100}'.. => 1.05,
        _ => 0.63,
    }
}

/// A line for each room, which is in units of the text's size; broken between words where there are any.
/// What does not fit is left out, and an ellipsis stands for it.
pub fn lines(text: &str, rooms: &[f64]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text.trim();
    for (index, room) in rooms.iter().enumerate() {
        if index + 1 == rooms.len() || width(rest) <= *room {
            lines.push(shortened(rest, *room));
            break;
        }
        let (line, behind) = rest.split_at(end_of_line(rest, *room));
        lines.push(line.trim_end().to_owned());
        rest = behind.trim_start();
    }
    lines
}

/// As much as fits into one line.
pub fn shortened(text: &str, room: f64) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let kept = &text[..fitting(text, room - width("…"))];
    format!("{}…", kept.trim_end())
}

/// Behind the last word that fits; in the middle of one that alone is too long.
fn end_of_line(text: &str, room: f64) -> usize {
    let end = fitting(text, room);
    let is_between_words = text[end..].starts_with(' ');
    match text[..end].rfind(' ') {
        _ if is_between_words => end,
        Some(blank) if blank > 0 => blank,
        _ => end,
    }
}

/// Behind the last character that fits, but always behind the first.
fn fitting(text: &str, room: f64) -> usize {
    let mut taken = 0.0;
    for (at, character) in text.char_indices() {
        taken += width_of(character);
        if taken > room && at > 0 {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_broken_between_words() {
        assert_eq!(lines("Short", &[16.0, 16.0]), ["Short"]);
        assert_eq!(
            lines("Point the Zigbee stick at the new host", &[13.0, 13.0]),
            ["Point the Zigbee stick", "at the new host"]
        );
        assert_eq!(lines("", &[16.0, 16.0]), [""]);
    }

    #[test]
    fn nothing_is_wider_than_its_room_whatever_it_is_written_in() {
        let texts = [
            "ä".repeat(200),
            "漢字".repeat(60),
            "👩‍🔧".repeat(60),
            "word ".repeat(60),
            "W".repeat(90),
        ];
        for text in texts {
            let lines = lines(&text, &[16.0, 16.0]);
            assert_eq!(lines.len(), 2, "{text}");
            assert!(lines.iter().all(|line| width(line) <= 16.0), "{lines:?}");
            assert!(lines[1].ends_with('…'));
        }
    }
}
