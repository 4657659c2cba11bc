//! What the demos say under *In Wireshark*: each filter finds something in a capture of its demo.

use pillarbox::console::DEMOS;

use super::common;
use super::tshark::Wireshark;

#[test]
#[ignore = "needs tshark"]
fn every_filter_of_a_demo_finds_something() {
    let wireshark = Wireshark::plain();
    let folder = tempfile::tempdir().unwrap();
    let mut tried = 0;
    for demo in DEMOS {
        let name = demo.name;
        let capture = folder.path().join(format!("{name}.pcapng"));
        let file = capture.to_str().unwrap();
        let words = [
            "demo",
            name,
            "--fast",
            "--capture",
            file,
            "--ports",
            "well-known",
        ];
        let (status, _, errors) = common::run(&words, folder.path());
        assert_eq!(status, 0, "{name}: {errors}");
        for look in demo.script().unwrap().wireshark {
            let filter = look.split('`').nth(1);
            let filter = filter.unwrap_or_else(|| panic!("{name}: no filter in {look}"));
            let found = wireshark.read(&capture, &["-Y", filter]);
            assert!(!found.is_empty(), "{name}: {filter} finds nothing");
            tried += 1;
        }
    }
    assert!(tried > DEMOS.len(), "the filters were not found");
}
