use std::fmt;

/// A number of bytes, shown for a person: `1.5 MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct Size(pub i64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
        let mut amount = self.0 as f64;
        let mut unit = 0;
        while amount >= 1024.0 && unit < UNITS.len() - 1 {
            amount /= 1024.0;
            unit += 1;
        }
        let digits = usize::from(unit > 0 && amount < 100.0);
        write!(f, "{amount:.digits$} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn sizes_are_short() {
        assert_eq!(Size(0).to_string(), "0 bytes");
        assert_eq!(Size(1536).to_string(), "1.5 KiB");
        assert_eq!(Size(300 * 1024 * 1024).to_string(), "300 MiB");
    }
}
