"""Which calls of the kernel a submission may not make, as a program for the kernel, compiled by
libseccomp.
"""

import ctypes
import errno
import functools
import os
import socket

_LIBRARY = "libseccomp.so.2"
INSTALL = "on Debian and Ubuntu, `apt-get install "
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_BAD_ARCHITECTURE = 2  # the attribute that says what becomes of calls in another architecture's way
_NOT_EQUAL, _EQUAL_MASKED = 1, 7

# What the kernel has only for those who administer a machine is out of reach without capabilities.
# It is named here all the same.
_REFUSED = {
    "namespaces and mounts": (
        "unshare setns mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig "
        "fsmount fspick mount_setattr  open_tree_attr name_to_handle_at open_by_handle_at"
    ),
    "looking into other processes": (
        "ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd perf_event_open"
    ),
    "keys": "add_key request_key keyctl",
    "memory that belongs to no process": (
        "shmget shmat shmdt shmctl msgget msgsnd msgrcv msgctl semget semop semtimedop semctl "
        "mq_open mq_unlink  memfd_create memfd_secret userfaultfd"
    ),
    "parts of the kernel with many holes": (
        "bpf io_uring_setup io_uring_enter io_uring_register fanotify_init fanotify_mark "
        "lookup_dcookie vmsplice"
    ),
    "the machine": (
        "acct adjtimex clock_adjtime clock_settime delete_module finit_module init_module "
        "ioperm iopl kexec_file_load  kexec_load quotactl quotactl_fd reboot sethostname "
        "setdomainname settimeofday swapoff swapon syslog vhangup"
    ),
}
_NAMESPACES = (
    0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip


class _Compare(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("how", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


def missing_library() -> str:
    """Why no filter can be made here; empty if one can."""
    try:
        ctypes.CDLL(_LIBRARY)
    except OSError:
        return f"The sandbox needs libseccomp, which is not installed: {INSTALL}libseccomp2`."
    return ""


@functools.cache
def program() -> bytes:
    """The filter, in the kernel's own form. Raises OSError where it cannot be made."""
    library = ctypes.CDLL(_LIBRARY)
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(_ALLOW)))
    if not rules:
        raise OSError(errno.ENOMEM, "seccomp_init")

    def done(code: int, what: str) -> None:
        if code < 0:
            raise OSError(-code, what)

    def refuse(name: str, number: int, *compared: _Compare) -> None:
        call = library.seccomp_syscall_resolve_name(name.encode())
        if call == -1:  # not known to this version, so not to kernels of its time
            return
        array = (_Compare * len(compared))(*compared)
        action = ctypes.c_uint32(_ERROR | number)
        done(library.seccomp_rule_add_array(rules, action, call, len(compared), array), name)

    try:
        done(
            library.seccomp_attr_set(rules, _BAD_ARCHITECTURE, ctypes.c_uint32(_KILL)), "attribute"
        )
        for names in _REFUSED.values():
            for name in names.split():
                refuse(name, errno.EPERM)
        for flag in _NAMESPACES:
            refuse("clone", errno.EPERM, _Compare(0, _EQUAL_MASKED, flag, flag))
        # Its flags are out of sight; the C library then takes clone.
        refuse("clone3", errno.ENOSYS)
        refuse("socket", errno.EPERM, _Compare(0, _NOT_EQUAL, socket.AF_UNIX, 0))
        with open(os.memfd_create("filter"), "r+b") as file:  # of a full disk it would not tell
            done(library.seccomp_export_bpf(rules, file.fileno()), "export")
            file.seek(0)
            return file.read()
    finally:
        library.seccomp_release(rules)
