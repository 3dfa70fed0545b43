//! Closed sets whose members have names: as they stand in the database, in forms and in addresses.

/// Writes and reads a member by its name: `Display` and `FromStr` over the type's own `ALL` and
/// `as_str`.
macro_rules! named {
    ($set:ty) => {
        impl ::std::fmt::Display for $set {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $set {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                Self::ALL
                    .into_iter()
                    .find(|member| member.as_str() == text)
                    .ok_or(())
            }
        }
    };
}

pub(crate) use named;
