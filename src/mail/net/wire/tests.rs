use std::net::TcpListener;

use super::*;

#[test]
fn news_in_the_middle_of_a_line_does_not_let_the_buffer_grow() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut other = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let tcp = listener.accept().unwrap().0;
    let mut wire = Wire::new(tcp, WireLimits::default(), None).unwrap();
    let waker = Waker::new().unwrap();
    other.write_all(&[b'x'; 1000]).unwrap();
    waker.wake();
    for _ in 0..100 {
        assert_eq!(wire.read_line_or_news(&waker).unwrap(), LineInput::News);
    }
    assert_eq!(wire.input.len(), limits::BUFFER);
    other.write_all(b"\n").unwrap();
    let line = LineInput::Line(vec![b'x'; 1000]);
    assert_eq!(wire.read_line_or_news(&waker).unwrap(), line);
}
