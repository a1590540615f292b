//! What each of the packs is exported to.

use crate::packs::PackList;
use anyhow::{Result, bail};
use origami_export::ExportFormat;
use origami_pack::id;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// One export.
#[derive(Debug)]
pub struct Target<'a> {
    pub pack: &'a Path,
    pub output: PathBuf,
    pub format: ExportFormat,
}

/// The exports of all packs to `output`, which is a file, or a folder that may be missing.
/// A file's extension is its format; a folder gets files of `format`.
///
/// # Errors
/// If `output` is one file for several packs, or two packs would become the same file.
pub fn targets<'a>(
    list: &'a PackList,
    output: &Path,
    format: Option<ExportFormat>,
) -> Result<Vec<Target<'a>>> {
    if is_folder(output, list) {
        return in_folder(list, output, format.unwrap_or(ExportFormat::Dzi));
    }
    let named = ExportFormat::from_path(output)?;
    let [pack] = &list.packs[..] else {
        bail!(
            "{}: is one file, but there are {} packs; name a folder, as in -o exported/",
            output.display(),
            list.packs.len()
        );
    };
    if format.is_some_and(|format| format != named) {
        bail!("{}: its extension is its format; leave out --format", output.display());
    }
    Ok(vec![Target { pack: &pack.path, output: output.to_owned(), format: named }])
}

/// Whether `output` is a folder, or is meant to become one.
fn is_folder(output: &Path, list: &PackList) -> bool {
    output.as_os_str().as_encoded_bytes().ends_with(b"/")
        || output.is_dir()
        || (list.is_list && ExportFormat::from_path(output).is_err())
}

/// A file in `folder` for each pack, with the pack's name.
fn in_folder<'a>(list: &'a PackList, folder: &Path, format: ExportFormat) -> Result<Vec<Target<'a>>> {
    let mut packs = HashMap::new();
    let mut targets = Vec::new();
    for pack in &list.packs {
        let output = folder.join(file_name(&pack.name, format));
        if let Some(other) = packs.insert(output.clone(), &*pack.path) {
            bail!(
                "{}: is what both {} and {} would become; export them to different folders",
                output.display(),
                other.display(),
                pack.path.display()
            );
        }
        targets.push(Target { pack: &pack.path, output, format });
    }
    Ok(targets)
}

/// The name of a pack with the extension of `format` instead of its own.
fn file_name(pack: &Path, format: ExportFormat) -> PathBuf {
    let is_named_as_pack = pack.extension().is_some_and(|extension| extension == id::EXTENSION);
    let stem = if is_named_as_pack { pack.with_extension("") } else { pack.to_owned() };
    let mut name = stem.into_os_string();
    name.push(".");
    name.push(format.extension());
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packs::ListedPack;

    /// Packs of these paths, each the path below the folder `packs`.
    fn list(names: &[&str], is_list: bool) -> PackList {
        let pack = |name: &&str| ListedPack { path: Path::new("packs").join(name), name: name.into() };
        PackList { packs: names.iter().map(pack).collect(), is_list }
    }

    fn outputs(list: &PackList, output: &str, format: Option<ExportFormat>) -> Result<Vec<String>, String> {
        let targets = targets(list, Path::new(output), format).map_err(|error| error.to_string())?;
        Ok(targets.iter().map(|target| target.output.display().to_string()).collect())
    }

    #[test]
    fn a_folder_gets_a_file_for_each_pack_in_the_same_subfolder() {
        let several = list(&["v1.2.origami", "case-1/HE.origami", "renamed"], true);
        let tiff = Some(ExportFormat::Tiff);
        let expected = ["out/v1.2.dzi", "out/case-1/HE.dzi", "out/renamed.dzi"].map(String::from);
        assert_eq!(outputs(&several, "out", None).unwrap(), expected);
        assert_eq!(outputs(&several, "out/", tiff).unwrap()[1], "out/case-1/HE.tif");
        let one = list(&["a.origami"], false);
        assert_eq!(outputs(&one, "new/x/", None).unwrap(), ["new/x/a.dzi"]);
        assert_eq!(outputs(&one, "new/x.szi", None).unwrap(), ["new/x.szi"]);
    }

    #[test]
    fn outputs_that_cannot_be_meant_are_refused() {
        let one = list(&["a.origami"], false);
        assert!(outputs(&one, "out", None).unwrap_err().contains("exports end in .dzi"));
        let error = outputs(&one, "out.tif", Some(ExportFormat::Szi)).unwrap_err();
        assert!(error.contains("leave out --format"), "{error}");
        let error = outputs(&list(&["a.origami", "b.origami"], true), "out.tif", None).unwrap_err();
        assert!(error.contains("is one file, but there are 2 packs; name a folder"), "{error}");
        let error = outputs(&list(&["a.origami", "a.origami"], true), "out/", None).unwrap_err();
        assert!(error.contains("would become"), "{error}");
    }
}
