use std::collections::HashSet;

use alpheus_dataflow::types::TypeKind;

use super::*;

#[test]
fn names_are_unique_and_upper_case() {
    let mut seen = HashSet::new();
    for function in all() {
        for name in std::iter::once(&function.name).chain(function.aliases) {
            assert!(seen.insert(*name), "{name} stands twice in the tables");
            assert_eq!(*name, name.to_uppercase());
        }
        assert!(
            !function.description.is_empty(),
            "{} is not described",
            function.name
        );
    }
}

#[test]
fn finds_by_name_alias_and_likeness() {
    assert_eq!(lookup("lower").unwrap().name, "LOWER");
    assert_eq!(lookup("character_length").unwrap().name, "CHAR_LENGTH");
    assert!(lookup("nothing_like_it").is_none());
    assert_eq!(nearest("SUBSTRNG"), Some("SUBSTRING"));
    assert_eq!(nearest("xyzzy_plugh"), None);
}

#[test]
fn explains_a_wrong_call() {
    let error = lookup("LOWER")
        .unwrap()
        .resolve(&[Argument::of(TypeKind::Integer.nullable())])
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("LOWER cannot be called with (INT)"), "{text}");
    assert!(text.contains("LOWER(string)"), "{text}");
}

#[test]
fn refused_functions_say_why() {
    let refused: Vec<_> = all()
        .filter(|function| function.refused().is_some())
        .collect();
    assert!(!refused.is_empty());
    for function in refused {
        let text = function.resolve(&[]).unwrap_err().to_string();
        assert!(text.contains("not available"), "{text}");
    }
}

#[test]
fn prints_every_function() {
    let text = markdown();
    for function in all() {
        let shown = function.signature.replace('|', "\\|");
        assert!(text.contains(&shown), "{}", function.name);
    }
}
