//! The XML of a configuration file into properties, with includes.
//!
//! Accepted is what Hadoop's parser accepts: `<property>` with `<name>`, `<value>`, `<final>` as elements or as
//! attributes, in `<configuration>`, which may be nested; `<include href>` of any namespace prefix, with
//! `<fallback>`; other elements are passed over. An include is a file, relative to the outermost one (so in Hadoop). Entities
//! beyond XML's own five are refused: they would be a way to read other files or to grow without bound.

use std::io;
use std::path::{Path, PathBuf};

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::HadoopConfError;

/// How deep includes may be nested.
const MAX_INCLUDES: usize = 16;

/// One `<property>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawProperty {
    pub name: String,
    /// `None` if there is no `<value>`: such a property sets nothing.
    pub value: Option<String>,
    pub is_final: bool,
    pub file: PathBuf,
    pub line: usize,
}

/// Reads files; the tests put their own in its place.
pub(crate) type ReadFile<'a> = &'a dyn Fn(&Path) -> io::Result<String>;

/// Parses a file and what it includes, in order.
pub(crate) fn parse(path: &Path, read: ReadFile<'_>) -> Result<Vec<RawProperty>, HadoopConfError> {
    let text = read(path).map_err(|error| HadoopConfError::Io {
        path: path.to_owned(),
        error,
    })?;
    let mut properties = Vec::new();
    let mut open_files = vec![path.to_owned()];
    parse_text(&text, read, &mut open_files, &mut properties)?;
    Ok(properties)
}

/// What an open element means.
enum Element {
    Configuration,
    Property,
    /// A part of a property whose text is gathered.
    Part,
    /// An include and whether it was read; if so, its fallback is passed over.
    Include {
        found: bool,
    },
    Fallback,
    Other,
}

#[derive(Default)]
struct Building {
    name: Option<String>,
    value: Option<String>,
    is_final: bool,
    line: usize,
}

impl Building {
    /// Hadoop trims names, not values.
    fn part(&mut self, element: &str, text: String) {
        match element {
            "name" => self.name = Some(text.trim().to_owned()),
            "value" => self.value = Some(text),
            "final" => self.is_final = text.trim() == "true",
            _ => {}
        }
    }
}

fn parse_text(
    text: &str,
    read: ReadFile<'_>,
    open_files: &mut Vec<PathBuf>,
    properties: &mut Vec<RawProperty>,
) -> Result<(), HadoopConfError> {
    let path = open_files.last().cloned().unwrap_or_default();
    let mut reader = Reader::from_str(text);
    let mut lines = LineCounter {
        text,
        at: 0,
        line: 1,
    };
    let mut stack: Vec<Element> = Vec::new();
    let mut building = Building::default();
    let mut gathered = String::new();
    // Elements inside an element that is passed over.
    let mut skipping = 0usize;
    let mut seen_root = false;
    loop {
        let position = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let line = lines.at(position);
        let fail = |message: String| HadoopConfError::Syntax {
            path: path.clone(),
            line,
            message,
        };
        let event = reader
            .read_event()
            .map_err(|e| fail(format!("not valid XML: {e}")))?;
        let (start, is_empty) = match event {
            Event::Start(start) => (start, false),
            Event::Empty(start) => (start, true),
            Event::End(end) => {
                if skipping > 0 {
                    skipping -= 1;
                    continue;
                }
                match stack.pop() {
                    Some(Element::Property) => finish(&mut building, &path, properties),
                    Some(Element::Part) => {
                        building.part(end.local_name().as_ref(), std::mem::take(&mut gathered));
                    }
                    Some(Element::Include { found: false }) => {
                        return Err(fail(
                            "the included file cannot be read, and there is no <fallback>"
                                .to_owned(),
                        ));
                    }
                    _ => {}
                }
                continue;
            }
            Event::Text(text) => {
                if matches!(stack.last(), Some(Element::Part)) && skipping == 0 {
                    gathered.push_str(&text.xml10_content());
                }
                continue;
            }
            Event::CData(text) => {
                if matches!(stack.last(), Some(Element::Part)) && skipping == 0 {
                    gathered.push_str(&text.xml10_content());
                }
                continue;
            }
            Event::GeneralRef(reference) => {
                let character = match &*reference.xml10_content() {
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "amp" => Some('&'),
                    "apos" => Some('\''),
                    "quot" => Some('"'),
                    _ => reference
                        .resolve_char_ref()
                        .map_err(|e| fail(format!("not valid XML: {e}")))?,
                };
                let Some(character) = character else {
                    let name = reference.xml10_content();
                    return Err(fail(format!(
                        "the entity &{name}; is not supported; write its text out"
                    )));
                };
                if matches!(stack.last(), Some(Element::Part)) && skipping == 0 {
                    gathered.push(character);
                }
                continue;
            }
            Event::Eof => break,
            _ => continue,
        };
        if skipping > 0 {
            skipping += usize::from(!is_empty);
            continue;
        }
        let local = start.local_name().as_ref().to_owned();
        let element = match (local.as_str(), stack.last()) {
            ("configuration", None | Some(Element::Configuration | Element::Fallback)) => {
                Element::Configuration
            }
            (other, None) => {
                return Err(fail(format!(
                    "the top element is <{other}>, but <configuration> was expected"
                )));
            }
            ("property", Some(Element::Configuration | Element::Fallback)) => {
                building = Building {
                    line: lines.at(position),
                    ..Building::default()
                };
                for part in ["name", "value", "final"] {
                    if let Some(text) = attribute(&start, part).map_err(&fail)? {
                        building.part(part, text);
                    }
                }
                Element::Property
            }
            ("name" | "value" | "final", Some(Element::Property)) => {
                gathered.clear();
                Element::Part
            }
            ("include", Some(Element::Configuration | Element::Fallback)) => {
                let href = attribute(&start, "href").map_err(&fail)?;
                let href = href.ok_or_else(|| fail("<include> has no href".to_owned()))?;
                let found = include(&href, read, open_files, properties, &fail)?;
                Element::Include { found }
            }
            ("fallback", Some(Element::Include { found: false })) => {
                // What the fallback says takes the include's place.
                if let Some(last) = stack.last_mut() {
                    *last = Element::Include { found: true };
                }
                Element::Fallback
            }
            _ => Element::Other,
        };
        seen_root = true;
        match (element, is_empty) {
            (Element::Property, true) => finish(&mut building, &path, properties),
            (Element::Part, true) => building.part(&local, String::new()),
            (Element::Include { found: false }, true) => {
                return Err(fail(
                    "the included file cannot be read, and there is no <fallback>".to_owned(),
                ));
            }
            (Element::Other, false) => skipping = 1,
            (_, true) => {}
            (element, false) => stack.push(element),
        }
    }
    let fail = |message: &str| HadoopConfError::Syntax {
        path: path.clone(),
        line: lines.line,
        message: message.into(),
    };
    if !stack.is_empty() || skipping > 0 {
        return Err(fail(
            "the file ends within an element; it may be incomplete",
        ));
    }
    if !seen_root {
        return Err(fail("there is no <configuration> in the file"));
    }
    Ok(())
}

fn finish(building: &mut Building, path: &Path, properties: &mut Vec<RawProperty>) {
    let Building {
        name,
        value,
        is_final,
        line,
    } = std::mem::take(building);
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        properties.push(RawProperty {
            name,
            value,
            is_final,
            file: path.to_owned(),
            line,
        });
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| format!("not valid XML: {e}"))?;
        if attribute.key.local_name().as_ref() == name {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            return value
                .map(|value| Some(value.into_owned()))
                .map_err(|e| format!("not valid XML: {e}"));
        }
    }
    Ok(None)
}

/// Reads an included file; `false` if it is not there.
fn include(
    href: &str,
    read: ReadFile<'_>,
    open_files: &mut Vec<PathBuf>,
    properties: &mut Vec<RawProperty>,
    fail: &dyn Fn(String) -> HadoopConfError,
) -> Result<bool, HadoopConfError> {
    let file = match href.split_once(':') {
        Some(("file", rest)) => PathBuf::from(rest.strip_prefix("//").unwrap_or(rest)),
        Some((scheme, _)) if scheme.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            return Err(fail(format!("'{href}' cannot be included; only files can")));
        }
        _ => {
            let outermost = open_files.first().and_then(|file| file.parent());
            outermost.unwrap_or(Path::new("")).join(href)
        }
    };
    if open_files.contains(&file) {
        return Err(fail(format!("{} includes itself", file.display())));
    }
    if open_files.len() > MAX_INCLUDES {
        return Err(fail(format!(
            "includes are nested deeper than {MAX_INCLUDES}"
        )));
    }
    let text = match read(&file) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(HadoopConfError::Io { path: file, error }),
    };
    open_files.push(file);
    parse_text(&text, read, open_files, properties)?;
    open_files.pop();
    Ok(true)
}

/// Counts lines up to ever larger positions.
struct LineCounter<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl LineCounter<'_> {
    /// The line of what comes at a position, blank space passed over.
    fn at(&mut self, position: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut end = position.min(bytes.len());
        while end < bytes.len() && bytes[end].is_ascii_whitespace() {
            end += 1;
        }
        if end > self.at {
            self.line += bytes[self.at..end].iter().filter(|b| **b == b'\n').count();
            self.at = end;
        }
        self.line
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn parse_files(files: &[(&str, &str)]) -> Result<Vec<RawProperty>, HadoopConfError> {
        let map: HashMap<&Path, &str> = files
            .iter()
            .map(|(name, text)| (Path::new(*name), *text))
            .collect();
        let read = |path: &Path| {
            map.get(path)
                .map(|text| (*text).to_owned())
                .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
        };
        parse(Path::new(files[0].0), &read)
    }

    fn pairs(files: &[(&str, &str)]) -> Vec<(String, Option<String>, bool, usize)> {
        parse_files(files)
            .unwrap()
            .into_iter()
            .map(|p| (p.name, p.value, p.is_final, p.line))
            .collect()
    }

    #[test]
    fn elements_attributes_entities_and_comments() {
        let text = r#"<?xml version="1.0"?>
<!DOCTYPE configuration>
<configuration xmlns:xi="http://www.w3.org/2001/XInclude">
  <!-- <property><name>no</name><value>no</value></property> -->
  <property>
    <name> a </name>
    <value>x &lt;&amp;<![CDATA[<y>]]>&#65;</value>
    <description>text with <b>markup</b></description>
    <final>true</final>
  </property>
  <property name="b" value="1 &gt; 0" final="true"/>
  <property><name>c</name><value/></property>
  <property><name>d</name></property>
  <configuration><property><name>e</name><value>1</value></property></configuration>
</configuration>"#;
        assert_eq!(
            pairs(&[("core-site.xml", text)]),
            [
                ("a".to_owned(), Some("x <&<y>A".to_owned()), true, 5),
                ("b".to_owned(), Some("1 > 0".to_owned()), true, 11),
                ("c".to_owned(), Some(String::new()), false, 12),
                ("d".to_owned(), None, false, 13),
                ("e".to_owned(), Some("1".to_owned()), false, 14),
            ]
        );
    }

    #[test]
    fn includes_and_fallbacks() {
        let names =
            |files: &[(&str, &str)]| pairs(files).into_iter().map(|p| p.0).collect::<Vec<_>>();
        let main = r#"<configuration><xi:include href="sub/x.xml"><xi:fallback>
            <property name="fallback" value="1"/></xi:fallback></xi:include>
            <property name="after" value="1"/></configuration>"#;
        assert_eq!(names(&[("/c/m.xml", main)]), ["fallback", "after"]);
        let x = r#"<configuration><include href="sub/y.xml"/></configuration>"#;
        let y = r#"<configuration><property name="y" value="1"/></configuration>"#;
        assert_eq!(
            names(&[("/c/m.xml", main), ("/c/sub/x.xml", x), ("/c/sub/y.xml", y)]),
            ["y", "after"]
        );
        let error = |files: &[(&str, &str)]| parse_files(files).unwrap_err().to_string();
        assert!(error(&[("/c/x.xml", x)]).contains("no <fallback>"));
        let itself = r#"<configuration><include href="m.xml"/></configuration>"#;
        assert!(error(&[("/c/m.xml", itself)]).contains("includes itself"));
        let web = r#"<configuration><include href="http://x/y.xml"/></configuration>"#;
        assert!(error(&[("/c/m.xml", web)]).contains("only files"));
    }

    #[test]
    fn mistakes_have_a_place() {
        let error = |text: &str| parse_files(&[("/c/m.xml", text)]).unwrap_err().to_string();
        assert!(
            error("<configuration>\n<property>\n</configuration>")
                .starts_with("/c/m.xml:3: not valid XML")
        );
        assert!(error("<settings/>").contains("<configuration> was expected"));
        assert!(error("").contains("there is no <configuration>"));
        assert!(error("<configuration><property>").contains("incomplete"));
        let entity = "<!DOCTYPE c [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\
                      <configuration><property><name>a</name><value>&x;</value></property></configuration>";
        assert!(error(entity).contains("the entity &x; is not supported"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(
            text in proptest::collection::vec(proptest::sample::select(vec![
                "<configuration>", "</configuration>", "<property>", "</property>", "<name>", "</name>", "<value>",
                "</value>", "<final>", "</final>", "<include href='y'>", "</include>", "<include href='m'/>",
                "<fallback>", "</fallback>", "&lt;", "&#x;", "&x;", "<![CDATA[", "]]>", "<!--", "-->", "<x", "/>", " ",
                "é", "a='", "'", "\n",
            ]), 0..30),
            noise in ".{0,30}",
        ) {
            let _ = parse_files(&[("m", &text.concat()), ("y", "<configuration/>")]);
            let _ = parse_files(&[("m", &noise)]);
        }
    }
}
