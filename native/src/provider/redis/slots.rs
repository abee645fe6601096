use std::time::Instant;

use redis::Value;

use super::target::Place;

/// Which node of a cluster serves which slots.
#[derive(Clone)]
pub(super) struct Slots {
    /// First slot, last slot and owner, in order.
    ranges: Vec<(u16, u16, Place)>,
    pub(super) read_at: Instant,
}

impl Slots {
    /// From the answer to `CLUSTER SLOTS`; who gave it may leave out the host if it is its own.
    pub(super) fn read(answer: &Value, from: &Place) -> Option<Self> {
        let Value::Array(ranges) = answer else {
            return None;
        };
        let mut ranges = ranges
            .iter()
            .map(|range| read_range(range, from))
            .collect::<Option<Vec<_>>>()?;
        ranges.sort_unstable();
        Some(Self {
            ranges,
            read_at: Instant::now(),
        })
    }

    pub(super) fn owner(&self, slot: u16) -> Option<&Place> {
        let after = self.ranges.partition_point(|(first, ..)| *first <= slot);
        let (_, last, owner) = self.ranges.get(after.checked_sub(1)?)?;
        (slot <= *last).then_some(owner)
    }

    pub(super) fn owners(&self) -> impl Iterator<Item = &Place> {
        self.ranges.iter().map(|(_, _, owner)| owner)
    }
}

/// First and last slot, then the master, then its replicas, each with host, port, id and more.
fn read_range(range: &Value, from: &Place) -> Option<(u16, u16, Place)> {
    let Value::Array(parts) = range else {
        return None;
    };
    let [
        Value::Int(first),
        Value::Int(last),
        Value::Array(master),
        ..,
    ] = parts.as_slice()
    else {
        return None;
    };
    let [host, Value::Int(port), ..] = master.as_slice() else {
        return None;
    };
    let own = || match from {
        Place::Tcp(host, _) => Some(host.clone()),
        Place::Socket(_) => None,
    };
    let host = match host {
        Value::Nil => own()?,
        Value::BulkString(host) if host.is_empty() => own()?,
        Value::BulkString(host) => String::from_utf8(host.clone()).ok()?,
        _ => return None,
    };
    let place = Place::Tcp(host, u16::try_from(*port).ok()?);
    Some((
        u16::try_from(*first).ok()?,
        u16::try_from(*last).ok()?,
        place,
    ))
}

/// The slot of a key: of what stands between its first `{` and the next `}`, if that is
/// anything, else of the whole key.
pub(super) fn slot_of(key: &[u8]) -> u16 {
    let tag = || {
        let open = key.iter().position(|byte| *byte == b'{')?;
        let rest = key.get(open + 1..)?;
        let close = rest.iter().position(|byte| *byte == b'}')?;
        rest.get(..close).filter(|tag| !tag.is_empty())
    };
    crc16(tag().unwrap_or(key)) % SLOTS
}

/// CRC-16/XMODEM, as the specification of Redis Cluster has it.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            let shifted = crc << 1;
            if crc & 0x8000 == 0 {
                shifted
            } else {
                shifted ^ 0x1021
            }
        })
    })
}

const SLOTS: u16 = 16_384;

#[cfg(test)]
mod tests {
    use redis::parse_redis_value;

    use super::*;

    #[test]
    fn keys_lie_where_redis_says() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        // As `CLUSTER KEYSLOT` answers.
        for (key, slot) in [
            ("foo", 12_182),
            ("{foo}bar", 12_182),
            ("bar{foo}{zap}", 12_182),
            ("foo{}{bar}", 8363),
            ("", 0),
        ] {
            assert_eq!(slot_of(key.as_bytes()), slot, "{key}");
        }
    }

    #[test]
    fn the_map_of_a_cluster_is_read() {
        let text = "*3\r\n\
            *3\r\n:5461\r\n:10922\r\n*3\r\n$9\r\n10.0.0.22\r\n:7001\r\n$2\r\nb1\r\n\
            *4\r\n:0\r\n:5460\r\n*2\r\n$0\r\n\r\n:7000\r\n*2\r\n$8\r\n10.0.0.3\r\n:7003\r\n\
            *3\r\n:10930\r\n:16383\r\n*2\r\n$-1\r\n:7002\r\n";
        let answer = parse_redis_value(text.as_bytes()).unwrap();
        let seed = Place::Tcp("seed".to_owned(), 1);
        let slots = Slots::read(&answer, &seed).unwrap();
        let owner = |slot| slots.owner(slot).map(ToString::to_string);
        assert_eq!(owner(0).as_deref(), Some("seed:7000"));
        assert_eq!(owner(5460).as_deref(), Some("seed:7000"));
        assert_eq!(owner(5461).as_deref(), Some("10.0.0.22:7001"));
        assert_eq!(owner(10_925), None, "nobody's");
        assert_eq!(owner(16_383).as_deref(), Some("seed:7002"));
        for wrong in [
            "+OK\r\n",
            "*1\r\n:1\r\n",
            "*1\r\n*3\r\n:0\r\n:70000\r\n*2\r\n$1\r\nh\r\n:1\r\n",
        ] {
            let answer = parse_redis_value(wrong.as_bytes()).unwrap();
            assert!(Slots::read(&answer, &seed).is_none(), "{wrong}");
        }
    }
}
