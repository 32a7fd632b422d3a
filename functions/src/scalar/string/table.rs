//! The table of text functions.

use alpheus_dataflow::types::{LogicalType, MAX_LENGTH, TypeKind};

use super::{
    case, check, concat, encode, inet, like, pad, position, printf, regex, replace, slice, split,
    url,
};
use crate::registry::signature::{Param, Returns, Simple, Typing, optional, takes, variadic};
use crate::registry::{Category, Kernel, ScalarFunction};

const C: Category = Category::String;
const STR: Returns = Returns::Is(Simple::Str);
const STR_OR_NULL: Returns = Returns::Nullable(Simple::Str);
const INT: Returns = Returns::Is(Simple::Int);
const BOOL: Returns = Returns::Is(Simple::Bool);
const TEXT_TO_TEXT: Typing = takes(&[Param::Str], STR);
const TWO_TEXTS: &[Param] = &[Param::Str, Param::Str];
const THREE_TEXTS: &[Param] = &[Param::Str, Param::Str, Param::Str];

const fn new(
    name: &'static str,
    signature: &'static str,
    typing: Typing,
    kernel: Kernel,
) -> ScalarFunction {
    ScalarFunction::new(C, name, signature, typing, kernel)
}

pub(crate) static TABLE: &[ScalarFunction] = &[
    new("||", "a || b", takes(TWO_TEXTS, Returns::By(joined)), concat::concat)
        .doc("Both texts joined; NULL if one is.", "'a' || 'b'"),
    new("CONCAT", "CONCAT(string, ...)", variadic(&[Param::Str], Param::Str, STR), concat::concat)
        .doc("All texts joined; NULL if one is.", "CONCAT('a', 'b', 'c')"),
    new(
        "CONCAT_WS",
        "CONCAT_WS(separator, string, ...)",
        variadic(&[Param::Str], Param::Str, STR_OR_NULL),
        concat::concat_ws,
    )
    .doc("All texts that are not NULL, with a separator between.", "CONCAT_WS('-', 'a', NULL, 'b')"),
    new("CHAR_LENGTH", "CHAR_LENGTH(string)", takes(&[Param::Str], INT), position::char_length)
        .alias(&["CHARACTER_LENGTH", "LENGTH"])
        .doc("Number of code points.", "CHAR_LENGTH('abc')"),
    new("OCTET_LENGTH", "OCTET_LENGTH(string)", takes(&[Param::StrOrBytes], INT), position::octet_length)
        .doc("Number of bytes, of text in UTF-8.", "OCTET_LENGTH('é')"),
    new("UPPER", "UPPER(string)", TEXT_TO_TEXT, case::upper)
        .doc("In upper case.", "UPPER('abc')"),
    new("LOWER", "LOWER(string)", TEXT_TO_TEXT, case::lower)
        .doc("In lower case.", "LOWER('ABC')"),
    new("INITCAP", "INITCAP(string)", TEXT_TO_TEXT, case::initcap)
        .doc("The first ASCII letter of each word in upper case, the others in lower.", "INITCAP('hello world')"),
    new("POSITION", "POSITION(part IN string)", takes(TWO_TEXTS, INT), position::position)
        .doc("Where the part first occurs; 0 if it does not.", "POSITION('b' IN 'abc')"),
    new("INSTR", "INSTR(string, part)", takes(TWO_TEXTS, INT), position::instr)
        .doc("Where the part first occurs; 0 if it does not.", "INSTR('abc', 'b')"),
    new(
        "LOCATE",
        "LOCATE(part, string [, INT from])",
        optional(&[Param::Str, Param::Str, Param::Int], 2, INT),
        position::locate,
    )
    .doc("Where the part occurs at or after a position; 0 if it does not.", "LOCATE('a', 'banana', 3)"),
    new("STARTSWITH", "STARTSWITH(string, prefix)", STARTS, check::starts_with)
        .doc("Whether the text or bytes begin with the prefix.", "STARTSWITH('abc', 'a')"),
    new("ENDSWITH", "ENDSWITH(string, suffix)", STARTS, check::ends_with)
        .doc("Whether the text or bytes end with the suffix.", "ENDSWITH('abc', 'c')"),
    new(
        "SUBSTRING",
        "SUBSTRING(string FROM INT [FOR INT])",
        optional(&[Param::Str, Param::Int, Param::Int], 2, STR_OR_NULL),
        slice::substring,
    )
    .alias(&["SUBSTR"])
    .doc("From a position, 0 acting as 1 and negative ones counting from the end; NULL if the length is negative.", "SUBSTRING('hello' FROM 2 FOR 3)"),
    new("LEFT", "LEFT(string, INT)", takes(&[Param::Str, Param::Int], STR), slice::left)
        .doc("The first code points; empty if negative.", "LEFT('hello', 2)"),
    new("RIGHT", "RIGHT(string, INT)", takes(&[Param::Str, Param::Int], STR), slice::right)
        .doc("The last code points; empty if negative.", "RIGHT('hello', 2)"),
    new(
        "OVERLAY",
        "OVERLAY(string PLACING string FROM INT [FOR INT])",
        optional(&[Param::Str, Param::Str, Param::Int, Param::Int], 3, STR),
        slice::overlay,
    )
    .doc("A part replaced by another text.", "OVERLAY('abcdef' PLACING 'XX' FROM 2)"),
    new(
        "TRIM",
        "TRIM([BOTH | LEADING | TRAILING] [characters FROM] string)",
        Typing::AnyOf(&[takes(&[Param::Str], STR), takes(THREE_TEXTS, STR)]),
        pad::trim,
    )
    .doc("Without blanks, or the given characters, at its ends.", "TRIM(LEADING 'x' FROM 'xxa')"),
    new("LTRIM", "LTRIM(string [, characters])", optional(TWO_TEXTS, 1, STR), pad::ltrim)
        .doc("Without blanks or the given characters at the left.", "LTRIM('  a')"),
    new("RTRIM", "RTRIM(string [, characters])", optional(TWO_TEXTS, 1, STR), pad::rtrim)
        .doc("Without blanks or the given characters at the right.", "RTRIM('a  ')"),
    new("BTRIM", "BTRIM(string [, characters])", optional(TWO_TEXTS, 1, STR), pad::btrim)
        .doc("Without blanks or the given characters at both ends.", "BTRIM('  a ')"),
    new("LPAD", "LPAD(string, INT length, padding)", PAD, pad::lpad)
        .doc("Padded at the left, or cut, to a length; NULL if that is negative.", "LPAD('hi', 4, '??')"),
    new("RPAD", "RPAD(string, INT length, padding)", PAD, pad::rpad)
        .doc("Padded at the right, or cut, to a length; NULL if that is negative.", "RPAD('hi', 4, '??')"),
    new("REPEAT", "REPEAT(string, INT)", takes(&[Param::Str, Param::Int], STR), replace::repeat)
        .fails()
        .doc("The text so many times; empty if none.", "REPEAT('ab', 2)"),
    new("REVERSE", "REVERSE(string)", TEXT_TO_TEXT, replace::reverse)
        .doc("Back to front.", "REVERSE('abc')"),
    new("REPLACE", "REPLACE(string, part, replacement)", takes(THREE_TEXTS, STR), replace::replace)
        .doc("Every occurrence of the part replaced.", "REPLACE('banana', 'a', 'o')"),
    new("TRANSLATE", "TRANSLATE(string, from, to)", takes(THREE_TEXTS, STR), replace::translate)
        .doc("Each character of `from` replaced by the one at its place in `to`, or dropped.", "TRANSLATE('abc', 'abc', 'xy')"),
    new("SPLIT_INDEX", "SPLIT_INDEX(string, delimiter, INT)", SPLIT_INDEX, split::split_index)
        .doc("The field at a position, from 0; the delimiter may be a character code.", "SPLIT_INDEX('a,b,c', ',', 1)"),
    new("SPLIT", "SPLIT(string, delimiter)", takes(TWO_TEXTS, Returns::By(texts)), split::split)
        .doc("The fields as an array; an empty delimiter gives each character.", "SPLIT('a,b', ',')"),
    new(
        "STR_TO_MAP",
        "STR_TO_MAP(string [, delimiter, key_value_delimiter])",
        Typing::AnyOf(&[
            takes(&[Param::Str], Returns::By(text_map)),
            takes(THREE_TEXTS, Returns::By(text_map)),
        ]),
        split::str_to_map,
    )
    .fails()
    .doc("A map of pairs; the delimiters are regular expressions, ',' and '=' unless given.", "STR_TO_MAP('k1=v1,k2=v2')"),
    new(
        "ELT",
        "ELT(INT index, string, ...)",
        Typing::AnyOf(&[
            variadic(&[Param::Int, Param::Str], Param::Str, STR_OR_NULL),
            variadic(&[Param::Int, Param::Bytes], Param::Bytes, Returns::Nullable(Simple::Bytes)),
        ]),
        split::elt,
    )
    .doc("The argument at that position, from 1; NULL if there is none.", "ELT(2, 'a', 'b')"),
    new(
        "PRINTF",
        "PRINTF(format, any, ...)",
        variadic(&[Param::Str], Param::Any, STR_OR_NULL),
        printf::printf,
    )
    .doc("Formatted as Java's String.format does with %s %d %x %o %f %e %c %b %n %%.", "PRINTF('%05d', 42)"),
    new(
        "LIKE",
        "string LIKE pattern [ESCAPE character]",
        optional(THREE_TEXTS, 2, BOOL),
        like::like,
    )
    .fails()
    .doc("Whether it matches, where % is any text and _ any character.", "'abc' LIKE 'a%'"),
    new(
        "SIMILAR TO",
        "string SIMILAR TO pattern [ESCAPE character]",
        optional(THREE_TEXTS, 2, BOOL),
        like::similar,
    )
    .fails()
    .doc("Whether it matches an SQL regular expression.", "'abc' SIMILAR TO '(a|b)%'"),
    new("REGEXP", "REGEXP(string, regex)", takes(TWO_TEXTS, BOOL), regex::regexp)
        .fails()
        .alias(&["RLIKE"])
        .doc("Whether any part matches; FALSE for an empty expression.", "REGEXP('abc', '^a')"),
    new(
        "REGEXP_REPLACE",
        "REGEXP_REPLACE(string, regex, replacement)",
        takes(THREE_TEXTS, STR_OR_NULL),
        regex::replace,
    )
    .fails()
    .doc("Every match replaced by a text, in which $1 is not special.", "REGEXP_REPLACE('a1', '[0-9]', '#')"),
    new(
        "REGEXP_EXTRACT",
        "REGEXP_EXTRACT(string, regex [, INT group])",
        optional(&[Param::Str, Param::Str, Param::Int], 2, STR_OR_NULL),
        regex::extract,
    )
    .fails()
    .doc("A group of the first match, by default all of it; NULL if there is none.", "REGEXP_EXTRACT('foobar', 'foo(.*)', 1)"),
    new(
        "REGEXP_EXTRACT_ALL",
        "REGEXP_EXTRACT_ALL(string, regex [, INT group])",
        optional(&[Param::Str, Param::Str, Param::Int], 2, Returns::By(texts)),
        regex::extract_all,
    )
    .fails()
    .doc("A group of every match, by default the first.", "REGEXP_EXTRACT_ALL('a1b2', '([a-z])([0-9])', 2)"),
    new("REGEXP_COUNT", "REGEXP_COUNT(string, regex)", takes(TWO_TEXTS, INT), regex::count)
        .fails()
        .doc("Number of matches.", "REGEXP_COUNT('a1b2', '[0-9]')"),
    new("REGEXP_INSTR", "REGEXP_INSTR(string, regex)", takes(TWO_TEXTS, INT), regex::instr)
        .fails()
        .doc("Where the first match begins; 0 if there is none.", "REGEXP_INSTR('ab1', '[0-9]')"),
    new("REGEXP_SUBSTR", "REGEXP_SUBSTR(string, regex)", takes(TWO_TEXTS, STR_OR_NULL), regex::substr)
        .fails()
        .doc("The first match.", "REGEXP_SUBSTR('ab12', '[0-9]+')"),
    new("ASCII", "ASCII(string)", takes(&[Param::Str], INT), encode::ascii)
        .doc("Code of the first character; 0 if empty.", "ASCII('abc')"),
    new("CHR", "CHR(integer)", takes(&[Param::Long], STR), encode::chr)
        .doc("The character of that code, modulo 256; empty if negative.", "CHR(97)"),
    new("TO_BASE64", "TO_BASE64(string)", takes(&[Param::StrOrBytes], STR), encode::to_base64)
        .doc("In Base64.", "TO_BASE64('hello')"),
    new("FROM_BASE64", "FROM_BASE64(string)", takes(&[Param::Str], STR_OR_NULL), encode::from_base64)
        .doc("From Base64; NULL if it is none.", "FROM_BASE64('aGVsbG8=')"),
    new("HEX", "HEX(integer or string)", HEX, encode::hex)
        .doc("Hexadecimal digits; negative numbers as 64 bits.", "HEX('hello')"),
    new("UNHEX", "UNHEX(string)", takes(&[Param::Str], Returns::Nullable(Simple::Bytes)), encode::unhex)
        .doc("Bytes of hexadecimal digits; NULL if they are none.", "UNHEX('616263')"),
    new("ENCODE", "ENCODE(string, charset)", takes(TWO_TEXTS, Returns::Nullable(Simple::Bytes)), encode::encode)
        .fails()
        .doc("Bytes in US-ASCII, ISO-8859-1, UTF-8, UTF-16, UTF-16BE or UTF-16LE.", "ENCODE('a', 'UTF-8')"),
    new(
        "DECODE",
        "DECODE(bytes, charset)",
        takes(&[Param::Bytes, Param::Str], STR_OR_NULL),
        encode::decode,
    )
    .fails()
    .doc("Text of bytes in one of the character sets of ENCODE.", "DECODE(ENCODE('a', 'UTF-8'), 'UTF-8')"),
    new("URL_ENCODE", "URL_ENCODE(string)", takes(&[Param::Str], STR_OR_NULL), url::encode)
        .doc("As in a form of a web page: blanks as +.", "URL_ENCODE('a b')"),
    new("URL_DECODE", "URL_DECODE(string)", takes(&[Param::Str], STR_OR_NULL), url::decode)
        .doc("The inverse of URL_ENCODE; NULL if it is malformed.", "URL_DECODE('a+b')"),
    new("PARSE_URL", "PARSE_URL(url, part [, key])", optional(THREE_TEXTS, 2, STR_OR_NULL), url::parse)
        .doc("HOST, PATH, QUERY, REF, PROTOCOL, AUTHORITY, FILE or USERINFO of a URL, or a key of its query.", "PARSE_URL('http://a.com/p?q=1', 'QUERY', 'q')"),
    new("INET_ATON", "INET_ATON(string)", takes(&[Param::Str], Returns::Nullable(Simple::Long)), inet::to_number)
        .doc("The number of an IPv4 address; NULL if it is none.", "INET_ATON('127.0.0.1')"),
    new("INET_NTOA", "INET_NTOA(integer)", takes(&[Param::Long], STR_OR_NULL), inet::to_address)
        .doc("The IPv4 address of a number; NULL if there is none.", "INET_NTOA(2130706433)"),
    new("IS_ALPHA", "IS_ALPHA(string)", takes(&[Param::Str], BOOL), check::is_alpha)
        .doc("Whether all characters are letters.", "IS_ALPHA('abc')"),
    new("IS_DIGIT", "IS_DIGIT(string)", takes(&[Param::Str], BOOL), check::is_digit)
        .doc("Whether all characters are digits.", "IS_DIGIT('123')"),
    new("IS_DECIMAL", "IS_DECIMAL(string)", takes(&[Param::Str], BOOL), check::is_decimal)
        .doc("Whether it reads as a number.", "IS_DECIMAL('1.5')"),
];

const STARTS: Typing = Typing::AnyOf(&[
    takes(TWO_TEXTS, BOOL),
    takes(&[Param::Bytes, Param::Bytes], BOOL),
]);
const PAD: Typing = takes(&[Param::Str, Param::Int, Param::Str], STR_OR_NULL);
const SPLIT_INDEX: Typing = Typing::AnyOf(&[
    takes(&[Param::Str, Param::Str, Param::Int], STR_OR_NULL),
    takes(&[Param::Str, Param::Int, Param::Int], STR_OR_NULL),
]);
const HEX: Typing = Typing::AnyOf(&[takes(&[Param::Str], STR), takes(&[Param::Long], STR)]);

/// The lengths add up; two CHAR give a CHAR.
fn joined(args: &[LogicalType]) -> Option<LogicalType> {
    let nullable = args.iter().any(|arg| arg.nullable);
    let mut fixed = true;
    let mut length = 0u32;
    for arg in args {
        match arg.kind {
            TypeKind::Char(n) => length = length.saturating_add(n),
            TypeKind::Varchar(n) => {
                length = length.saturating_add(n);
                fixed = false;
            }
            _ => return None,
        }
    }
    let length = length.min(MAX_LENGTH);
    let kind = if fixed {
        TypeKind::Char(length)
    } else {
        TypeKind::Varchar(length)
    };
    Some(LogicalType { kind, nullable })
}

fn texts(_: &[LogicalType]) -> Option<LogicalType> {
    Some(TypeKind::Array(Box::new(TypeKind::string().nullable())).nullable())
}

fn text_map(_: &[LogicalType]) -> Option<LogicalType> {
    let text = || Box::new(TypeKind::string().nullable());
    Some(TypeKind::Map(text(), text()).nullable())
}
