//! Names that change with the content of their files, so that browsers may keep the files
//! for good.

use sha2::{Digest, Sha256};

/// The first 64 bits of the SHA-256 of `content`.
#[must_use]
pub fn content_hash(content: &[u8]) -> u64 {
    Sha256::digest(content).iter().take(8).fold(0, |hash, byte| (hash << 8) | u64::from(*byte))
}

/// `name` with `hash` as 16 hexadecimal digits before its extension.
#[must_use]
pub fn hashed_name(name: &str, hash: u64) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}.{hash:016x}.{extension}"),
        None => format!("{name}.{hash:016x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_content_has_another_name() {
        let mut names = Vec::new();
        for content in [&b""[..], b"a", b"b", b"a\n", b"a\0"] {
            let name = hashed_name("viewer.js", content_hash(content));
            assert!(name.starts_with("viewer.") && name.ends_with(".js"), "{name}");
            assert!(!names.contains(&name), "{name}");
            names.push(name);
        }
    }

    #[test]
    fn the_same_content_has_the_same_name_in_every_build() {
        // The SHA-256 of "abc" begins with these digits.
        assert_eq!(hashed_name("a.min.js", content_hash(b"abc")), "a.min.ba7816bf8f01cfea.js");
        assert_eq!(hashed_name("a", 1), "a.0000000000000001");
    }
}
