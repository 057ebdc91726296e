package io.millrace.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** How PostgreSQL, which refuses to run as root, is run: what its commands begin with. */
enum Privileges {
    /** This process is not root. */
    OWN(List.of()),
    /** Root in a user namespace of its own is nobody there; files stay root's. */
    NAMESPACE(List.of("unshare", "-U")),
    /** Where user namespaces are off: the user nobody, who must own the files. */
    NOBODY(List.of("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"));

    private static final int NOBODY_ID = 65534;

    private final List<String> prefix;

    Privileges(List<String> prefix) {
        this.prefix = prefix;
    }

    List<String> prefix() {
        return prefix;
    }

    static Privileges ofThisProcess() throws IOException, InterruptedException {
        if (!"root".equals(System.getProperty("user.name"))) {
            return OWN;
        }
        for (Privileges candidate : List.of(NAMESPACE, NOBODY)) {
            if (candidate.works()) {
                return candidate;
            }
        }
        throw new IOException("PostgreSQL refuses to run as root, and neither unshare nor setpriv works here;"
                + " run as another user, install util-linux, or use a server of your own");
    }

    private boolean works() throws InterruptedException {
        List<String> command = Stream.concat(prefix.stream(), Stream.of("true")).toList();
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            return process.waitFor(5, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException _) {
            return false;
        }
    }

    /** Makes the folder usable by the user that the server runs as. */
    void prepare(Path folder) throws IOException {
        if (this != NOBODY) {
            return;
        }
        for (Path parent = folder.getParent(); parent != null; parent = parent.getParent()) {
            if (!Files.getPosixFilePermissions(parent).contains(PosixFilePermission.OTHERS_EXECUTE)) {
                throw new IOException("PostgreSQL refuses to run as root, and as user " + NOBODY_ID + " it cannot enter " + parent
                        + "; choose a folder elsewhere, or run as another user");
            }
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.toList()) {
                Files.setAttribute(path, "unix:uid", NOBODY_ID, LinkOption.NOFOLLOW_LINKS);
                Files.setAttribute(path, "unix:gid", NOBODY_ID, LinkOption.NOFOLLOW_LINKS);
            }
        }
    }
}
