//! The comments in which a capture describes itself: it is never taken for a real one.

use super::capture::{CaptureStyle, CapturedOctets};
use crate::config::CapturePorts;
use crate::teaching::wire_tap::Connection;

/// The interface of all packets.
pub(super) const INTERFACE: &str = "pillarbox";
/// The description of the interface.
pub(super) const DESCRIPTION: &str = "The sockets of Pillarbox; the frames are composed";

/// The comment on the last packet of a connection whose recording ended early.
pub(super) const LOST: &str = "The recording of this connection ends here, not the connection: \
     more crossed than could be written in time.";

/// The comment on the first packet after STARTTLS, in a capture of what was said.
pub(super) const UNDER_TLS: &str = "What follows was said under TLS. The recording has what was \
     said and not what crossed, so it stands here in clear, in a TCP connection of its own.";

/// The comment on the file.
pub(super) fn file(style: &CaptureStyle) -> String {
    let mut text = "Pillarbox composed the frames of this file: it is no capture of a network. What the TCP \
         streams carry, and when, is what crossed the program's own sockets. Not the network's own are the \
         MAC addresses, the IP headers' identification and TTL, the TCP windows, sequence numbers and \
         segmentation, the acknowledgements, and that nothing is ever lost, late or sent again."
        .to_owned();
    match (style.octets, style.ports) {
        (CapturedOctets::AsSaid, _) => {
            text += " It was made of what was said, as if that had crossed without TLS, and the \
                     servers have the well-known ports of the protocols in clear.";
        }
        (CapturedOctets::AsCrossed, CapturePorts::WellKnown) => {
            text += " The servers have the well-known ports, not those that they were using.";
        }
        (CapturedOctets::AsCrossed, CapturePorts::Own) => {}
    }
    if style.keys {
        text += " The secrets of its TLS connections are in the file: anyone who has it can read everything.";
    }
    text
}

/// The comment on a connection's first packet. `real` is the server's port, if the packets have
/// another.
pub(super) fn connection(connection: &Connection, real: Option<u16>) -> String {
    let Connection { number, service, ours, .. } = connection;
    let mut text = format!("Connection {number}: {service}, recorded at the {ours}'s end.");
    if let Some(port) = real {
        text += &format!(" The server's port was {port}.");
    }
    text
}

/// The service with the same protocol, but without TLS: `imap` for `imaps`.
pub(super) fn in_clear(service: &str) -> &str {
    match service {
        "smtps" => "submission",
        "pop3s" => "pop3",
        "imaps" => "imap",
        other => other,
    }
}
