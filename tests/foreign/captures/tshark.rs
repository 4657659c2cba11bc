//! tshark, asked about a capture.
#![allow(dead_code, unreachable_pub)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What must not be in a capture: what cannot be understood, wrong checksums, and anything that looks
/// as if a packet were missing, late or sent again.
const WRONG: &str = "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 \
     || tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment || tcp.analysis.out_of_order \
     || tcp.analysis.retransmission || tcp.analysis.duplicate_ack || tcp.analysis.window_full \
     || tcp.analysis.zero_window || tcp.analysis.reused_ports || frame.time_delta < 0";

/// The fields of commands, in all three protocols.
pub const COMMANDS: [&str; 3] = ["smtp.req.command", "pop.request.command", "imap.request.command"];

/// And those of replies.
pub const REPLIES: [&str; 3] =
    ["smtp.response.code", "pop.response.indicator", "imap.response.command"];

/// A capture, and what tshark is told besides.
pub struct Capture<'a> {
    pub file: &'a Path,
    pub options: Vec<String>,
}

impl<'a> Capture<'a> {
    pub fn new(file: &'a Path) -> Capture<'a> {
        Capture { file, options: Vec::new() }
    }

    fn ask(&self, words: &[&str]) -> String {
        let output = Command::new("tshark")
            .args(["-r", self.file.to_str().unwrap()])
            .args(["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"])
            .args(["-o", "smtp.decryption:TRUE"])
            .args(&self.options)
            .args(words)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        // As root it warns of itself; whatever else it says is a complaint.
        let complaint = error.lines().find(|line| !line.starts_with("Running as user"));
        assert_eq!(complaint, None);
        assert!(output.status.success(), "{error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// These fields of the packets that pass the filter, a row for each.
    pub fn rows(&self, filter: &str, fields: &[&str]) -> Vec<Vec<String>> {
        let mut words = vec!["-Y", filter, "-T", "fields", "-E", "separator=/t"];
        words.extend(["-E", "aggregator=;"]);
        fields.iter().for_each(|field| words.extend(["-e", field]));
        let table = self.ask(&words);
        let row = |line: &str| line.split('\t').map(str::to_owned).collect();
        table.lines().map(row).collect()
    }

    /// One field, wherever it stands.
    pub fn values(&self, field: &str) -> Vec<String> {
        let rows = self.rows(field, &[field]);
        let split = |row: Vec<String>| row[0].split(';').map(str::to_owned).collect::<Vec<_>>();
        rows.into_iter().flat_map(split).collect()
    }

    /// Nothing is wrong with it, and every connection is there from SYN to FIN.
    pub fn is_sound(&self, connections: usize) {
        let wrong = self.rows(WRONG, &["frame.number", "_ws.col.Info"]);
        assert!(wrong.is_empty(), "{wrong:#?}");
        let streams = self.streams();
        assert_eq!(streams.len(), connections);
        // SYN, SYN and ACK, ACK, data, FIN: a bit for each (tshark's field tcp.completeness).
        let broken = streams.iter().find(|(_, complete)| **complete != 31);
        assert_eq!(broken, None);
    }

    fn streams(&self) -> BTreeMap<u32, u32> {
        let rows = self.rows("tcp", &["tcp.stream", "tcp.completeness"]);
        let row = |row: &Vec<String>| Some((row[0].parse().ok()?, row[1].parse().ok()?));
        rows.iter().map(|pair| row(pair).unwrap()).collect()
    }

    /// What is dissected of these fields: of each connection, in its order.
    pub fn dissected(&self, fields: &[&str]) -> Vec<Vec<String>> {
        let mut all = vec!["tcp.stream"];
        all.extend(fields);
        let mut connections: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for row in self.rows(&fields.join(" || "), &all) {
            let own = connections.entry(row[0].parse().unwrap()).or_default();
            let said = row[1..].iter().filter(|text| !text.is_empty());
            own.extend(said.flat_map(|text| text.split(';')).map(str::to_owned));
        }
        connections.into_values().collect()
    }

    /// The mails in it, as they are exported.
    pub fn mails(&self) -> Vec<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let export = format!("imf,{}", folder.path().to_str().unwrap());
        self.ask(&["-q", "--export-objects", &export]);
        let files = fs::read_dir(folder.path()).unwrap();
        files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
    }
}
