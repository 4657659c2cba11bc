//! Offices that relay to each other.

use std::fs;

use crate::hop::Hop;
use crate::lab::{Lab, until};
use crate::{FAST, folder};
