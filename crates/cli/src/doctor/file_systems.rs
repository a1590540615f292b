//! Whether packs are read in the way that suits the file system that they are on.

use super::finding::Finding;
use super::mounts::{Mount, Nature};
use super::subject::Subject;
use origami_pack::Io;

const CHECK: &str = "file system";

pub fn check(subject: &Subject) -> Vec<Finding> {
    let systems = subject.file_systems().into_iter();
    systems.map(|system| judge(Mount::of(&system.largest.path), system.packs, subject.config.io)).collect()
}

fn judge(mount: Option<Mount>, packs: usize, io: Io) -> Finding {
    let Some(mount) = mount else { return Finding::unknown(CHECK, "the system does not say which it is") };
    let noun = if packs == 1 { "pack" } else { "packs" };
    let found = format!("{} at {}, {packs} {noun}, io = \"{io}\"", mount.kind, mount.point.display());
    let finding = match (mount.nature(), io) {
        (Nature::Network | Nature::Fuse, Io::Map) => Finding::advice(
            CHECK,
            format!("{found}: there, memory maps wait a page at a time"),
            "`io = \"pread\"` (or `--io pread`)",
        ),
        (Nature::Overlay, _) => Finding::advice(
            CHECK,
            format!("{found}: packs in a container's layers are read through them"),
            "mount the folder of packs into the container, as in `--volume /srv/packs:/packs:ro`",
        ),
        (Nature::Local | Nature::Memory, _) | (Nature::Network | Nature::Fuse, Io::Read) => {
            Finding::ok(CHECK, found)
        }
    };
    finding
        .measured("kind", mount.kind)
        .measured("mount_point", mount.point.display().to_string())
        .measured("packs", packs)
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn maps_on_network_file_systems_lead_to_positioned_reads() {
        for (kind, io, state) in [
            ("ext4", Io::Map, State::Ok),
            ("nfs4", Io::Map, State::Advice),
            ("fuse.s3fs", Io::Map, State::Advice),
            ("nfs4", Io::Read, State::Ok),
            ("overlay", Io::Map, State::Advice),
        ] {
            let mount = Mount { point: "/srv".into(), kind: kind.to_owned() };
            let finding = judge(Some(mount), 3, io);
            assert_eq!(finding.state, state, "{finding:?}");
            assert!(finding.found.starts_with(&format!("{kind} at /srv, 3 packs")), "{finding:?}");
        }
        assert_eq!(judge(None, 3, Io::Map).state, State::Unknown);
    }
}
