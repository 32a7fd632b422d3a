//! Hadoop.
