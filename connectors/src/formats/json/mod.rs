//! JSON lines.
use super::{FormatDef, TextDecoder, TextEncoder};
use crate::error::ConnectorError;
use crate::options::Options;
use alpheus_dataflow::RowType;
/// The format's declaration.
pub(crate) const FORMAT: FormatDef = FormatDef {
    name: "json",
    options: &[],
    description: "",
    check_type: |_| Ok(()),
    check_options: |options| JsonOptions::read(options).map(|_| ()),
};
/// Options.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JsonOptions {
    inner: super::csv::CsvOptions,
}
impl JsonOptions {
    pub(crate) fn read(_options: Options<'_>) -> Result<Self, ConnectorError> {
        Err(ConnectorError::unsupported("'format' = 'json'", "use csv"))
    }
}
pub(crate) use super::csv::CsvDecoder;
pub(crate) struct JsonDecoder;
impl JsonDecoder {
    pub(crate) fn new(options: JsonOptions, schema: &RowType, projection: &[usize]) -> impl TextDecoder + use<> {
        CsvDecoder::new(options.inner, schema, projection)
    }
}
pub(crate) struct JsonEncoder;
impl JsonEncoder {
    pub(crate) fn new(options: JsonOptions, _schema: &RowType) -> impl TextEncoder + use<> {
        super::csv::CsvEncoder::new(options.inner)
    }
}
