//! Who this process is where nobody asks for a proof.

use std::ffi::CStr;

use alpheus_hadoop_conf::Environment;

/// The variable that names the user on a cluster without security.
const USER_VARIABLE: &str = "HADOOP_USER_NAME";

/// The user on a cluster without security, as `UserGroupInformation` finds it: `HADOOP_USER_NAME`, else the operating
/// system's user.
#[must_use]
pub fn insecure_user(environment: &Environment<'_>) -> String {
    environment
        .non_empty(USER_VARIABLE)
        .unwrap_or_else(system_user)
}

/// The variable that names the user in whose name a privileged one works.
const PROXY_VARIABLE: &str = "HADOOP_PROXY_USER";

/// The user in whose name this process works, if it is another than the one that it proves to be
/// (`UserGroupInformation.createLoginUser`). Whether it may is up to the servers (`hadoop.proxyuser.*`).
#[must_use]
pub fn proxy_user(environment: &Environment<'_>) -> Option<String> {
    environment.non_empty(PROXY_VARIABLE)
}

/// The name of the operating system's user; its number, if it has no name.
#[must_use]
pub fn system_user() -> String {
    // SAFETY: takes nothing, cannot fail.
    let id = unsafe { libc::geteuid() };
    let mut buffer = vec![0 as libc::c_char; 16 << 10];
    // SAFETY: a passwd of zeroes is a value that the call overwrites; it holds only pointers and numbers.
    let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
    let mut found = std::ptr::null_mut();
    // SAFETY: the pointers are to live values of the declared types, and the length is the buffer's.
    let result = unsafe {
        libc::getpwuid_r(
            id,
            &mut entry,
            buffer.as_mut_ptr(),
            buffer.len(),
            &mut found,
        )
    };
    if result != 0 || found.is_null() || entry.pw_name.is_null() {
        return id.to_string();
    }
    // SAFETY: the name is a C string in the buffer, which still lives.
    let name = unsafe { CStr::from_ptr(entry.pw_name) };
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_wins_over_the_system() {
        let named = Environment::of(&[(USER_VARIABLE, "alice")]);
        assert_eq!(insecure_user(&named), "alice");
        let empty = Environment::of(&[(USER_VARIABLE, " ")]);
        assert_eq!(insecure_user(&empty), system_user());
        assert!(!system_user().is_empty());
        let proxied = Environment::of(&[(PROXY_VARIABLE, "bob")]);
        assert_eq!(proxy_user(&proxied).as_deref(), Some("bob"));
        assert_eq!(proxy_user(&empty), None);
    }
}
