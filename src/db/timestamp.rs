use chrono::{DateTime, NaiveDate, SecondsFormat, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Serialize, Serializer};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, Postgres, Sqlite, Type};

/// A moment in UTC, to the microsecond: all that PostgreSQL keeps.
///
/// TIMESTAMPTZ on PostgreSQL. On SQLite RFC 3339 text with exactly six digits of fraction, so that
/// text order is time order ("00Z" would sort behind "00.5Z").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// The clock's present moment.
    pub fn now() -> Self {
        Self(Utc::now().trunc_subsecs(6))
    }

    /// A moment after all others, for the first page of a list: 9999-12-31.
    pub fn last() -> Self {
        Self::from_micros(253_402_214_400_000_000).unwrap_or_else(Self::now)
    }

    /// A moment before all others: year 1.
    pub fn first() -> Self {
        Self::from_micros(-62_135_596_800_000_000).unwrap_or_else(Self::now)
    }

    /// From microseconds since 1970. `None` before year 1 and after year 9999, which RFC 3339 and
    /// the text order cannot hold.
    pub fn from_micros(micros: i64) -> Option<Self> {
        const YEARS_1_TO_9999: std::ops::RangeInclusive<i64> =
            -62_135_596_800_000_000..=253_402_300_799_999_999;
        if !YEARS_1_TO_9999.contains(&micros) {
            return None;
        }
        DateTime::from_timestamp_micros(micros).map(Self)
    }

    /// Microseconds since 1970.
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// The day that it is then in `zone`.
    pub fn day_in(self, zone: Tz) -> NaiveDate {
        self.0.with_timezone(&zone).date_naive()
    }

    /// `2026-11-23T06:40:00.000000Z`
    pub fn rfc3339(self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::Micros, true)
    }

    /// `23 November 2026, 06:40:00 UTC`: the exact time for a person.
    pub fn full(self) -> String {
        self.0.format("%-d %B %Y, %H:%M:%S UTC").to_string()
    }

    /// `5 min ago`; a month or more back, the day. The page's script counts on in the same words.
    pub fn ago(self) -> String {
        let seconds = Self::now().since(self).num_seconds();
        match seconds {
            -59..=59 => "just now".to_owned(),
            60..=3_599 => format!("{} min ago", seconds / 60),
            3_600..=86_399 => format!("{} h ago", seconds / 3_600),
            86_400..=2_591_999 => format!("{} d ago", seconds / 86_400),
            _ => self.0.format("%-d %b %Y").to_string(),
        }
    }

    /// The time from `earlier` to this.
    pub fn since(self, earlier: Self) -> TimeDelta {
        self.0 - earlier.0
    }

    /// This moment moved by `delta`; unmoved where that would leave the calendar.
    pub fn plus(self, delta: TimeDelta) -> Self {
        self.0.checked_add_signed(delta).map_or(self, Self)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

impl Type<Postgres> for Timestamp {
    fn type_info() -> <Postgres as Database>::TypeInfo {
        <DateTime<Utc> as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Timestamp {
    fn encode_by_ref(
        &self,
        buf: &mut <Postgres as Database>::ArgumentBuffer,
    ) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode_by_ref(&self.0, buf)
    }
}

impl<'r> Decode<'r, Postgres> for Timestamp {
    fn decode(value: <Postgres as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(<DateTime<Utc> as Decode<Postgres>>::decode(value)?))
    }
}

impl Type<Sqlite> for Timestamp {
    fn type_info() -> <Sqlite as Database>::TypeInfo {
        <String as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for Timestamp {
    fn encode_by_ref(
        &self,
        buf: &mut <Sqlite as Database>::ArgumentBuffer,
    ) -> Result<IsNull, BoxDynError> {
        Encode::<Sqlite>::encode(self.rfc3339(), buf)
    }
}

impl<'r> Decode<'r, Sqlite> for Timestamp {
    fn decode(value: <Sqlite as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        let text = <&str as Decode<Sqlite>>::decode(value)?;
        let moment = DateTime::parse_from_rfc3339(text)?;
        Ok(Self(moment.with_timezone(&Utc).trunc_subsecs(6)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_later_moment_sorts_behind_that_of_an_earlier_one() {
        let moments = [
            0,
            1,
            499_999,
            500_000,
            999_999,
            1_000_000,
            1_795_415_580_123_456,
        ];
        let texts: Vec<String> = moments
            .iter()
            .filter_map(|m| Timestamp::from_micros(*m))
            .map(Timestamp::rfc3339)
            .collect();
        assert_eq!(texts.len(), moments.len());
        assert!(texts.is_sorted());
        assert!(
            texts
                .iter()
                .all(|t| t.len() == "2026-11-23T06:40:00.000000Z".len())
        );
    }

    #[test]
    fn a_moment_that_rfc_3339_cannot_write_is_none() {
        assert!(Timestamp::from_micros(i64::MAX).is_none());
        assert!(Timestamp::from_micros(i64::MIN).is_none());
    }
}
