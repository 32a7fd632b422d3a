//! Functions of text. Positions and lengths count Unicode code points, from 1.

mod case;
mod check;
mod concat;
mod encode;
mod inet;
mod like;
mod pad;
mod position;
mod printf;
pub(crate) mod regex;
mod replace;
mod slice;
mod split;
mod table;
#[cfg(test)]
mod tests;
mod url;

pub(crate) use table::TABLE;
