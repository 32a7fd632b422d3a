//! Which of a server's offers to take: a pure function from offers and possessions to a decision.

use super::AuthMethod;
use crate::wire::messages::SaslAuth;

/// The decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The method.
    pub method: AuthMethod,
    /// Its place in the server's list.
    pub at: usize,
}

/// What we could use.
#[derive(Clone, Copy, Debug)]
pub struct Possessions {
    /// A token that this server accepts.
    pub token: bool,
    /// A Kerberos login, and a principal to expect at the server.
    pub kerberos: bool,
    /// Being believed without proof is acceptable.
    pub simple: bool,
}

/// Takes the first offer that we can meet. The server's order counts: TOKEN stands before KERBEROS, as in Hadoop, so a process
/// with tokens does not bother the KDC.
pub fn choose(offers: &[SaslAuth], have: Possessions) -> Option<Choice> {
    offers.iter().enumerate().find_map(|(at, offer)| {
        let method = method(offer)?;
        let usable = match method {
            AuthMethod::Token => have.token,
            AuthMethod::Kerberos => have.kerberos,
            AuthMethod::Simple => have.simple,
        };
        usable.then_some(Choice { method, at })
    })
}

/// The method of an offer, when method and mechanism go together; others are passed over, as newer servers may have more.
pub fn method(offer: &SaslAuth) -> Option<AuthMethod> {
    match (offer.method.as_str(), offer.mechanism.as_str()) {
        ("TOKEN", mechanism) if !mechanism.is_empty() => Some(AuthMethod::Token),
        ("KERBEROS", "GSSAPI") => Some(AuthMethod::Kerberos),
        ("SIMPLE", "") => Some(AuthMethod::Simple),
        _ => None,
    }
}

/// Why nothing fits, for a person.
pub fn explain(offers: &[SaslAuth], have: Possessions) -> String {
    let offered: Vec<_> = offers.iter().map(|o| o.method.as_str()).collect();
    let offers = |method| offered.contains(&method);
    let remedy = if offers("KERBEROS") {
        "run kinit, or set security.kerberos.login.keytab and security.kerberos.login.principal"
    } else if (offers("SIMPLE") || offered.is_empty()) && !have.simple {
        "it does without security, but hadoop.security.authentication here says kerberos; \
         ipc.client.fallback-to-simple-auth-allowed would permit it"
    } else if offers("TOKEN") {
        "this server takes tokens only, and no token for it is held"
    } else {
        "none of that is known here"
    };
    let offered = if offered.is_empty() {
        "nothing".to_owned()
    } else {
        offered.join(", ")
    };
    format!("the server offers {offered}; {remedy}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(method: &str, mechanism: &str) -> SaslAuth {
        SaslAuth {
            method: method.into(),
            mechanism: mechanism.into(),
            ..Default::default()
        }
    }

    #[test]
    fn takes_the_first_that_fits() {
        let offers = [
            offer("FUTURE", "X"),
            offer("TOKEN", "DIGEST-MD5"),
            offer("KERBEROS", "GSSAPI"),
            offer("SIMPLE", ""),
        ];
        let pick = |token, kerberos, simple| {
            choose(
                &offers,
                Possessions {
                    token,
                    kerberos,
                    simple,
                },
            )
            .map(|c| (c.method, c.at))
        };
        assert_eq!(pick(true, true, true), Some((AuthMethod::Token, 1)));
        assert_eq!(pick(false, true, true), Some((AuthMethod::Kerberos, 2)));
        assert_eq!(pick(false, false, true), Some((AuthMethod::Simple, 3)));
        assert_eq!(pick(false, false, false), None);
    }

    #[test]
    fn a_method_with_a_foreign_mechanism_is_passed_over() {
        let have = Possessions {
            token: true,
            kerberos: true,
            simple: true,
        };
        assert_eq!(choose(&[offer("KERBEROS", "DIGEST-MD5")], have), None);
        assert_eq!(choose(&[offer("SIMPLE", "PLAIN")], have), None);
    }
}
