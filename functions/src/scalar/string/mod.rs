//! Functions of text. Positions and lengths count Unicode code points, from 1.

mod case;
mod table;

pub(crate) use table::TABLE;
