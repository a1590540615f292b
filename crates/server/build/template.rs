//! The pages as templates: HTML with placeholders such as `{{title}}`, which the server
//! fills in, and `{{asset:view.css}}`, which stands for the name of a file in `/assets/`.

use std::collections::HashMap;

/// The names under which assets are served, by their names in the sources.
pub type AssetNames<'a> = HashMap<&'a str, &'a str>;

/// A page.
pub struct Template {
    /// Its file in `viewer/pages/`.
    pub file: &'static str,
    /// The static in `src/page.rs` that it becomes.
    pub constant: &'static str,
    /// The type there of the values that the server fills in.
    pub values: &'static str,
    /// The placeholders of these values, and the variants of that type for them.
    pub placeholders: &'static [(&'static str, &'static str)],
}

const OF_SLIDES: &[(&str, &str)] = &[("title", "Title"), ("slide", "Slide"), ("generation", "Generation")];

const OF_ERRORS: &[(&str, &str)] = &[
    ("status", "Status"),
    ("title", "Title"),
    ("message", "Message"),
    ("advice", "Advice"),
    ("root", "Root"),
    ("request", "Request"),
];

/// All pages.
pub static TEMPLATES: [Template; 4] = [
    Template { file: "index.html", constant: "GALLERY", values: "Infallible", placeholders: &[] },
    Template { file: "view.html", constant: "VIEW", values: "SlideValue", placeholders: OF_SLIDES },
    Template { file: "about.html", constant: "ABOUT", values: "SlideValue", placeholders: OF_SLIDES },
    Template { file: "error.html", constant: "ERROR", values: "ErrorValue", placeholders: OF_ERRORS },
];

impl Template {
    /// Rust source of the page with the content `html`.
    ///
    /// # Errors
    /// If a placeholder is not closed, or unknown, or names no asset.
    pub fn code(&self, html: &str, assets: &AssetNames<'_>) -> Result<String, String> {
        let (mut parts, mut text) = (String::new(), String::new());
        let mut rest = html;
        while let Some((before, after)) = rest.split_once("{{") {
            text += before;
            let (name, after) = after
                .split_once("}}")
                .ok_or_else(|| format!("{{{{ is not closed before {}", excerpt(after)))?;
            rest = after;
            if let Some(asset) = name.strip_prefix("asset:") {
                let served = assets.get(asset);
                text.push_str(served.ok_or_else(|| format!("{{{{{name}}}}} names no asset of the viewer"))?);
            } else {
                parts +=
                    &format!("Part::Text({text:?}), Part::Value({}::{}), ", self.values, self.variant(name)?);
                text.clear();
            }
        }
        text += rest;
        let Self { file, constant, values, .. } = self;
        Ok(format!(
            "/// `{file}`.\npub static {constant}: Page<{values}> = Page {{ parts: &[{parts}Part::Text({text:?})] }};\n"
        ))
    }

    /// The variant of the placeholder `name`.
    fn variant(&self, name: &str) -> Result<&'static str, String> {
        let known = self.placeholders.iter().find(|(known, _)| *known == name);
        known.map(|(_, variant)| *variant).ok_or_else(|| {
            let known: Vec<_> = self.placeholders.iter().map(|(known, _)| *known).collect();
            format!(
                "{{{{{}}}}} is not known; this page may have {{{{asset:NAME}}}} and {known:?}",
                excerpt(name)
            )
        })
    }
}

/// The beginning of `text`, for messages.
fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn assets() -> AssetNames<'static> {
        HashMap::from([("a.js", "a.0123.js")])
    }

    const PAGE: Template =
        Template { file: "a.html", constant: "A", values: "Values", placeholders: &[("title", "Title")] };

    #[test]
    fn placeholders_become_values_and_names_of_assets_text() {
        let code = PAGE.code("<p title=\"{{title}}\">{{asset:a.js}}</p>", &assets()).unwrap();
        let parts =
            r#"&[Part::Text("<p title=\""), Part::Value(Values::Title), Part::Text("\">a.0123.js</p>")]"#;
        assert!(code.contains(parts), "{code}");
    }

    #[test]
    fn a_page_with_an_unknown_or_open_placeholder_is_refused_by_name() {
        for (html, named) in [
            ("{{titel}}", "{{titel}}"),
            ("{{ title }}", "{{ title }}"),
            ("{{}}", "{{}}"),
            ("{{asset:b.js}}", "{{asset:b.js}}"),
            ("<p>{{title</p>", "title</p>"),
            ("{{title}}{{title}", "title}"),
        ] {
            let refused = PAGE.code(html, &assets()).unwrap_err();
            assert!(refused.contains(named), "{html}: {refused}");
        }
    }

    #[test]
    fn every_placeholder_of_every_page_is_known() {
        let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/viewer/pages");
        for entry in fs::read_dir(pages).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_str().unwrap();
            if file.starts_with('.') {
                continue;
            }
            let template = TEMPLATES.iter().find(|template| template.file == file);
            let template = template.unwrap_or_else(|| panic!("{file} is served by no route"));
            let html = fs::read_to_string(&path).unwrap();
            // Names of assets are left out: they are known only when the viewer is bundled.
            let html = html.replace("{{asset:", "{asset:");
            if let Err(fault) = template.code(&html, &assets()) {
                panic!("{file}: {fault}");
            }
        }
    }
}
