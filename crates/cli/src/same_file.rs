//! Outputs that would replace what they are made from.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Whether both paths lead to the same existing file, by links of any kind too.
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    match (a.metadata(), b.metadata()) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_lead_to_the_same_file_and_copies_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let [file, soft, hard, copy] = ["file", "soft", "hard", "copy"].map(|name| folder.path().join(name));
        fs::write(&file, "").unwrap();
        symlink(&file, &soft).unwrap();
        fs::hard_link(&file, &hard).unwrap();
        fs::copy(&file, &copy).unwrap();
        for path in [&file, &soft, &hard, &folder.path().join("./file")] {
            assert!(is_same_file(path, &file), "{}", path.display());
        }
        let missing = folder.path().join("missing");
        assert!(!is_same_file(&copy, &file) && !is_same_file(&missing, &missing));
    }
}
