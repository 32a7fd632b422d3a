//! Following a path through a document.

use std::collections::HashMap;

use super::document::Json;
use super::path::{Mode, Path, Step};

/// Where a path leads.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found<'a> {
    /// Nowhere, or to null.
    Nothing,
    /// To one value.
    One(&'a Json),
    /// To any number of them: the path has a `*`.
    Many(Vec<&'a Json>),
}

/// Follows the path; the error is strict mode's.
///
/// Before the first `*` a missing part is an error; behind it such a branch ends quietly. Lax mode turns
/// the error into nothing, or no values.
pub(super) fn walk<'a>(document: &'a Json, path: &Path) -> Result<Found<'a>, String> {
    match follow(document, &path.steps) {
        Err(_) if path.mode == Mode::Lax => Ok(if path.is_definite() {
            Found::Nothing
        } else {
            Found::Many(Vec::new())
        }),
        Err(missing) => Err(missing),
        Ok(found) if !path.is_definite() => Ok(Found::Many(found)),
        Ok(found) => Ok(match found.first() {
            None | Some(Json::Null) => Found::Nothing,
            Some(value) => Found::One(value),
        }),
    }
}

fn follow<'a>(document: &'a Json, steps: &[Step]) -> Result<Vec<&'a Json>, String> {
    let mut here = vec![document];
    let mut definite = true;
    for step in steps {
        let mut next = Vec::with_capacity(here.len());
        match step {
            Step::Every => {
                definite = false;
                here.iter().for_each(|value| every(value, &mut next));
            }
            Step::Member(name) => {
                next.extend(here.iter().filter_map(|value| value.member(name)));
            }
            Step::Index(index) => {
                next.extend(here.iter().filter_map(|value| element(value, *index)));
            }
        }
        if definite && next.is_empty() {
            return Err(match step {
                Step::Index(index) => format!("nothing at [{index}]"),
                Step::Member(name) => format!("nothing at ['{name}']"),
                Step::Every => "nothing".to_string(),
            });
        }
        here = next;
    }
    Ok(here)
}

fn element(value: &Json, index: i64) -> Option<&Json> {
    let Json::Array(items) = value else {
        return None;
    };
    let at = if index < 0 {
        index + items.len() as i64
    } else {
        index
    };
    items.get(usize::try_from(at).ok()?)
}

/// Appends all elements or members, where a name that repeats keeps its first place and last value.
fn every<'a>(value: &'a Json, out: &mut Vec<&'a Json>) {
    match value {
        Json::Array(items) => out.extend(items),
        Json::Object(members) => {
            let mut places: HashMap<&str, usize> = HashMap::with_capacity(members.len());
            for (name, member) in members {
                let place = *places.entry(name).or_insert(out.len());
                match out.get_mut(place) {
                    Some(earlier) => *earlier = member,
                    None => out.push(member),
                }
            }
        }
        _ => {}
    }
}
