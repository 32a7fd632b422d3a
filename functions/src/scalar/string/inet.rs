//! INET_ATON and INET_NTOA: IPv4 addresses as numbers.

use std::net::Ipv4Addr;

use alpheus_dataflow::OperatorResult;
use arrow::array::ArrayRef;
use arrow::datatypes::Int64Type;

use crate::compile::Args;
use crate::scalar::rows;

pub(super) fn to_number(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    rows::primitives::<Int64Type>(args.rows, |row| Ok(texts.get(row).and_then(number)))
}

/// One to four numbers up to 255. The last one is the last byte, the others the first ones: `1.2` is
/// 1.0.0.2.
fn number(address: &str) -> Option<i64> {
    let mut bytes = [0; 4];
    let parts: Vec<&str> = address.split('.').collect();
    for (at, part) in parts.iter().enumerate() {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        let byte: u8 = part.parse().ok().filter(|_| digits)?;
        let place = if at + 1 == parts.len() { at.max(3) } else { at };
        *bytes.get_mut(place)? = byte;
    }
    Some(i64::from(u32::from_be_bytes(bytes)))
}

pub(super) fn to_address(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let numbers = args.long(0);
    rows::strings(args.rows, |row, out| {
        let number = numbers
            .get(row)
            .and_then(|number| u32::try_from(number).ok());
        Ok(number.map(|number| out.push_str(&Ipv4Addr::from(number).to_string())))
    })
}

#[cfg(test)]
mod tests {
    use alpheus_dataflow::types::TypeKind;

    use crate::testing::{int, long, null, result, text};

    #[test]
    fn addresses_are_numbers() {
        for (address, number) in [
            ("127.0.0.1", "2130706433"),
            ("255.255.255.255", "4294967295"),
            ("0001.2.3.4", "16909060"),
            ("008.1.1.1", "134283521"),
            ("1", "1"),
            ("1.2", "16777218"),
            ("1.2.3", "16908291"),
            ("1.256", "NULL"),
            ("1..2.3", "NULL"),
            ("1.2.3.", "NULL"),
            ("1.2.3.4.5", "NULL"),
            ("+1.2.3.4", "NULL"),
            (" 1.2.3.4", "NULL"),
            ("4294967295", "NULL"),
            ("", "NULL"),
        ] {
            assert_eq!(
                result("INET_ATON", vec![text(address)]),
                number,
                "{address}"
            );
        }
        let address = |number| result("INET_NTOA", vec![number]);
        assert_eq!(address(long(4_294_967_295)), "255.255.255.255");
        assert_eq!(address(int(0)), "0.0.0.0");
        assert_eq!(address(long(4_294_967_296)), "NULL");
        assert_eq!(address(int(-1)), "NULL");
        assert_eq!(address(null(TypeKind::BigInt)), "NULL");
    }
}
