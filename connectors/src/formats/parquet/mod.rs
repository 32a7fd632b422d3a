//! Parquet.
use super::FormatDef;
use crate::error::ConnectorError;
use crate::options::Options;
/// The format's declaration.
pub(crate) const FORMAT: FormatDef = FormatDef {
    name: "parquet",
    options: &[],
    description: "",
    check_type: |_| Ok(()),
    check_options: |options| ParquetOptions::read(options).map(|_| ()),
};
/// Options.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ParquetOptions {}
impl ParquetOptions {
    pub(crate) fn read(_options: Options<'_>) -> Result<Self, ConnectorError> {
        Err(ConnectorError::unsupported("'format' = 'parquet'", "use csv"))
    }
}
