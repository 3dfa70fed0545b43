/// How many rows there are, as far as was counted: counting stops where the number would tell no
/// more, so that it costs the same however many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    counted: i64,
    limit: i64,
}

impl Count {
    /// Of which at most `limit` were counted.
    pub const fn up_to(limit: i64, counted: i64) -> Self {
        Self { counted, limit }
    }

    /// Whether there are none.
    pub const fn is_zero(self) -> bool {
        self.counted == 0
    }

    /// Whether there is exactly one.
    pub const fn is_one(self) -> bool {
        self.counted == 1
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.counted)?;
        if self.counted >= self.limit {
            f.write_str("+")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Count;

    #[test]
    fn a_count_that_stopped_says_so() {
        assert_eq!(Count::up_to(1000, 999).to_string(), "999");
        assert_eq!(Count::up_to(1000, 1000).to_string(), "1000+");
    }
}
