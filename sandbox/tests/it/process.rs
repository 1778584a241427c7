//! The stand-ins as processes: started on the command line, seen and moved through their control API.

mod aws;
mod child;
mod common;
mod idp;
mod slack;
mod sockets;
