//! The calls of the table, as packetdrill makes them: sockets, errors, readiness, options.

mod drill;

use drill::{Drill, In, UNACKED, ack, sockaddr, syn, text};
use wire::tcp::Flags;

#[test]
fn an_accepted_connection_has_the_peers_address_in_the_familys_form() {
    for (drill, domain) in
        [(Drill::new(), libc::AF_INET), (Drill::new(), libc::AF_INET6), (Drill::v6(), libc::AF_INET6)]
    {
        let listener = drill.listener(domain);
        drill.inject(syn());
        assert_eq!(drill.line(), "S. 0:0(0) ack 1");
        drill.inject(ack(1));
        let (_, address) = drill.accept(listener).expect("somebody has connected");
        assert_eq!(address, sockaddr(drill.peer, domain));
    }
}

#[test]
fn a_connection_that_is_refused_says_so_once() {
    let mut drill = Drill::new();
    let fd = drill.socket(libc::AF_INET);
    drill.nonblocking(fd);
    assert_eq!(drill.connect(fd), Err(libc::EINPROGRESS));
    assert_eq!(drill.connect(fd), Err(libc::EALREADY));
    let (_, header, _) = drill.packet().expect("a SYN");
    drill.host.set_port(header.src_port);
    drill.peer.set_port(header.dst_port);
    drill.inject(In { flags: Flags::RST | Flags::ACK, ..ack(1) });
    let told = drill.poll(fd, libc::POLLOUT, 0);
    assert!(told & libc::POLLERR != 0 && told & libc::POLLHUP != 0, "{told:#x}");
    assert_eq!(drill.get_int(fd, libc::SOL_SOCKET, libc::SO_ERROR), libc::ECONNREFUSED);
    assert_eq!(drill.get_int(fd, libc::SOL_SOCKET, libc::SO_ERROR), 0);
}

#[test]
fn wrong_calls_answer_what_linux_answers() {
    let drill = Drill::new();
    let fresh = drill.socket(libc::AF_INET);
    assert_eq!(drill.read(fresh, 10), Err(libc::ENOTCONN));
    assert_eq!(drill.write(fresh, 10), Err(libc::EPIPE));
    assert_eq!(drill.shutdown(fresh, libc::SHUT_WR), Err(libc::ENOTCONN));
    assert_eq!(drill.write(9999, 10), Err(libc::EBADF));
    let fd = drill.established();
    drill.nonblocking(fd);
    assert_eq!(drill.read(fd, 10), Err(libc::EAGAIN));
    assert_eq!(drill.write_null(fd), Err(libc::EFAULT));
    assert_eq!(drill.connect(fd), Err(libc::EISCONN));
    assert_eq!(drill.set(fd, libc::SOL_TCP, libc::TCP_CONGESTION, &[]), Err(libc::ENOENT));
    assert_eq!(drill.shutdown(fd, libc::SHUT_WR), Ok(0));
    assert_eq!(drill.line(), "F. 1:1(0) ack 1");
    assert_eq!(drill.write(fd, 10), Err(libc::EPIPE));
    assert_eq!(drill.close(fd), Ok(0));
    assert_eq!(drill.close(fd), Err(libc::EBADF));
}

#[test]
fn text_that_waits_is_counted_and_read() {
    let drill = Drill::new();
    let fd = drill.established();
    drill.inject(text(1, 1000, 1));
    assert_eq!(drill.line(), ". 1:1(0) ack 1001");
    assert_eq!(drill.ioctl(fd, libc::FIONREAD), 1000);
    assert_eq!(drill.poll(fd, libc::POLLIN | libc::POLLOUT, 0), libc::POLLIN | libc::POLLOUT);
    assert_eq!(drill.read(fd, 600), Ok(600));
    assert_eq!(drill.read(fd, 600), Ok(400));
    drill.inject(In { flags: Flags::FIN | Flags::ACK, ..text(1001, 0, 1) });
    assert_eq!(drill.read(fd, 600), Ok(0), "the peer has finished");
    assert!(drill.poll(fd, libc::POLLRDHUP, 0) & libc::POLLRDHUP != 0);
}

#[test]
fn text_that_was_peeked_at_stays_to_be_read() {
    let drill = Drill::new();
    let fd = drill.established();
    drill.inject(text(1, 1000, 1));
    assert_eq!(drill.recv(fd, 600, libc::MSG_PEEK), Ok(600));
    assert_eq!(drill.recv(fd, 2000, libc::MSG_PEEK), Ok(1000));
    assert_eq!(drill.ioctl(fd, libc::FIONREAD), 1000);
    assert_eq!((drill.read(fd, 400), drill.read(fd, 2000)), (Ok(400), Ok(600)));
    drill.nonblocking(fd);
    assert_eq!(drill.recv(fd, 1, libc::MSG_PEEK), Err(libc::EAGAIN));
}

#[test]
fn a_reset_is_a_broken_pipe_only_to_who_has_still_to_finish() {
    let fin = |drill: &Drill| drill.inject(In { flags: Flags::FIN | Flags::ACK, ..ack(1) });
    let reset = |drill: &Drill, seq| drill.inject(In { flags: Flags::RST, seq, ..ack(0) });
    let error = |drill: &Drill, fd| drill.get_int(fd, libc::SOL_SOCKET, libc::SO_ERROR);
    let (open, half, closing) = (Drill::new(), Drill::new(), Drill::new());
    let fds = [&open, &half, &closing].map(Drill::established);
    reset(&open, 1);
    assert_eq!(error(&open, fds[0]), libc::ECONNRESET);
    fin(&half);
    reset(&half, 2);
    assert_eq!(error(&half, fds[1]), libc::EPIPE);
    fin(&closing);
    assert_eq!(closing.shutdown(fds[2], libc::SHUT_WR), Ok(0));
    reset(&closing, 2);
    assert_eq!(error(&closing, fds[2]), libc::ECONNRESET);
}

#[test]
fn a_write_takes_what_linux_takes_and_says_when_there_is_room() {
    let drill = Drill::new();
    let fd = drill.established();
    drill.nonblocking(fd);
    assert_eq!(drill.set(fd, libc::SOL_SOCKET, libc::SO_SNDBUF, &[25_000]), Ok(0));
    assert_eq!(drill.get_int(fd, libc::SOL_SOCKET, libc::SO_SNDBUF), 50_000);
    let epoll = drill.epoll(fd, libc::EPOLLOUT | libc::EPOLLET);
    assert_eq!((drill.epoll_wait(epoll), drill.epoll_wait(epoll)), (libc::EPOLLOUT, 0));
    assert_eq!(drill.write(fd, 59_000), Ok(58_000), "whole packet buffers");
    assert_eq!(drill.write(fd, 1000), Err(libc::EAGAIN));
    assert_eq!(drill.info(fd, UNACKED), 10);
    drill.inject(ack(10_001));
    assert_eq!(drill.epoll_wait(epoll), 0, "a third has to be free");
    drill.inject(ack(30_001));
    assert_eq!((drill.epoll_wait(epoll), drill.epoll_wait(epoll)), (libc::EPOLLOUT, 0));
}

#[test]
fn lent_pages_come_back_with_the_acknowledgement() {
    let drill = Drill::new();
    let fd = drill.established();
    assert_eq!(drill.set(fd, libc::SOL_SOCKET, libc::SO_ZEROCOPY, &[1]), Ok(0));
    for _ in 0..2 {
        assert_eq!(drill.send(fd, 1000, libc::MSG_ZEROCOPY), Ok(1000));
    }
    assert_eq!(drill.read_error_queue(fd), Err(libc::EAGAIN));
    drill.inject(ack(2001));
    assert!(drill.poll(fd, 0, 0) & libc::POLLERR != 0);
    let (level, kind, data) = drill.read_error_queue(fd).expect("a notice");
    assert_eq!((level, kind), (libc::SOL_IP, libc::IP_RECVERR));
    assert_eq!(data[..16], [0, 0, 0, 0, 5, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0], "writes 0 to 1, copied");
}

#[test]
fn a_close_that_lingers_for_no_time_is_a_reset() {
    let drill = Drill::new();
    let fd = drill.established();
    assert_eq!(drill.set(fd, libc::SOL_SOCKET, libc::SO_LINGER, &[1, 0]), Ok(0));
    assert_eq!(drill.close(fd), Ok(0));
    assert_eq!(drill.line(), "R. 1:1(0) ack 1");
    assert_eq!(drill.line(), "nothing");
}

#[test]
fn a_record_ends_in_a_segment_of_its_own() {
    let drill = Drill::new();
    let fd = drill.established();
    assert_eq!(drill.write(fd, 10_400), Ok(10_400));
    assert_eq!(drill.send(fd, 400, libc::MSG_EOR), Ok(400));
    assert_eq!(drill.write(fd, 1000), Ok(1000));
    for _ in 0..10 {
        drill.line();
    }
    drill.inject(ack(10_001));
    let lens: Vec<usize> = (0..2).map(|_| drill.packet().expect("a segment").2).collect();
    assert_eq!(lens, [800, 1000]);
}
