use crate::registry::lookup;
#[test]
fn is_registered() {
    assert!(lookup("AND").is_some());
}
