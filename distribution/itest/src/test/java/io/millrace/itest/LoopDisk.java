package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A small disk whose power can be cut: ext4 on a loop file. {@link #cutPower} is the file system's own shutdown without flushing its journal:
 * what was not synced is gone, and every later access fails, as after a real power failure. Needs root and loop devices.
 */
final class LoopDisk implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final long BYTES = 512L << 20;
    /** {@code EXT4_IOC_SHUTDOWN} and {@code EXT4_GOING_FLAGS_NOLOGFLUSH} of Linux. */
    private static final long SHUTDOWN = 0x8004587dL;
    private static final int WITHOUT_LOG_FLUSH = 2;

    private final Path image;
    private final Path mount;
    private boolean mounted;

    private LoopDisk(Path image, Path mount) {
        this.image = image;
        this.mount = mount;
    }

    /** Makes and mounts one; where that cannot be done, the test of what is said is skipped with the reason. */
    static LoopDisk create(Path folder, String tested) throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), tested + " is not tested: mounting a loop file needs root");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), tested + " is not tested: there are no loop devices");
        LoopDisk disk = new LoopDisk(folder.resolve("disk.img"), Files.createDirectories(folder.resolve("disk")));
        try (RandomAccessFile image = new RandomAccessFile(disk.image.toFile(), "rw")) {
            image.setLength(BYTES);
        }
        assumeTrue(run("mkfs.ext4", "-q", "-F", "-m", "0", disk.image.toString()), tested + " is not tested: mkfs.ext4 failed or is not installed");
        assumeTrue(disk.mount(), tested + " is not tested: a loop file cannot be mounted here");
        return disk;
    }

    private boolean mount() throws Exception {
        mounted = run("mount", "-o", "loop,noatime", image.toString(), mount.toString());
        return mounted;
    }

    private static boolean run(String... command) throws InterruptedException {
        try {
            Result result = Result.of(LIMIT, List.of(command), Map.of());
            if (result.exitCode() != 0) {
                System.out.println(String.join(" ", command) + ": " + result.output());
            }
            return result.exitCode() == 0;
        } catch (IOException notInstalled) {
            return false;
        }
    }

    Path path() {
        return mount;
    }

    void cutPower() throws Throwable {
        Linker linker = Linker.nativeLinker();
        MethodHandle open = linker.downcallHandle(linker.defaultLookup().findOrThrow("open"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT), Linker.Option.firstVariadicArg(2));
        MethodHandle ioctl = linker.downcallHandle(linker.defaultLookup().findOrThrow("ioctl"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS), Linker.Option.firstVariadicArg(2));
        MethodHandle close = linker.downcallHandle(linker.defaultLookup().findOrThrow("close"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            int descriptor = (int) open.invokeExact(arena.allocateFrom(mount.toString()), 0);
            assertThat(descriptor).as("descriptor of %s", mount).isNotNegative();
            MemorySegment flags = arena.allocateFrom(ValueLayout.JAVA_INT, WITHOUT_LOG_FLUSH);
            int result = (int) ioctl.invokeExact(descriptor, SHUTDOWN, flags);
            int closed = (int) close.invokeExact(descriptor);
            assertThat(result).as("shutdown of %s, and close: %d", mount, closed).isZero();
        }
    }

    /** Mounts it anew, which replays the file system's journal. Nobody may have a file open on it. */
    void restorePower() throws Exception {
        assertThat(run("umount", mount.toString())).as("umount of %s", mount).isTrue();
        mounted = false;
        assertThat(mount()).as("mount of %s after power loss", image).isTrue();
    }

    @Override
    public void close() throws InterruptedException {
        if (mounted) {
            run("umount", "-l", mount.toString());
        }
    }
}
