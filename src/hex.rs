//! Bytes as text.

/// The bytes that such a text stands for; `None` for another text.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = |at| text.get(at..at + 2);
    let bytes = (0..text.len()).step_by(2);
    bytes
        .map(|at| u8::from_str_radix(digits(at)?, 16).ok())
        .collect()
}

/// Two lower-case hexadecimal digits for each byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
