package io.millrace.kernel.plugin;

import io.millrace.kernel.plugin.StoredPlugin.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Plugins that come with the distribution, as files in its folders. */
final class ShippedPlugins {

    private static final Logger LOG = LoggerFactory.getLogger(ShippedPlugins.class);
    private static final Pattern ARCHIVE = Pattern.compile("(?i).*\\.(jar|zip|tar\\.gz|tgz)");

    private final List<Path> folders;

    ShippedPlugins(List<Path> folders) {
        this.folders = List.copyOf(folders);
    }

    /** Those of the folders that can be read. */
    List<Path> files() {
        List<Path> files = new ArrayList<>();
        for (Path folder : folders) {
            if (Files.isDirectory(folder)) {
                try (Stream<Path> children = Files.list(folder)) {
                    children.filter(ShippedPlugins::mayBePlugin).sorted().forEach(files::add);
                } catch (IOException e) {
                    LOG.error("folder of shipped plugins {} cannot be read: {}; what was taken over from it before still runs", folder,
                            e.toString());
                }
            }
        }
        return files;
    }

    private static boolean mayBePlugin(Path file) {
        String name = file.getFileName().toString();
        return !name.startsWith(".") && (Files.isDirectory(file) || ARCHIVE.matcher(name).matches());
    }

    /** Is the file to go into the store, because it is not there or is another build of what the distribution put there before? */
    boolean isNews(Path file, String name, DesiredState state) throws IOException {
        if (state.removed().contains(name)) {
            return false;
        }
        StoredPlugin stored = state.plugins().get(name);
        if (stored == null) {
            return true;
        }
        if (stored.origin() == Origin.OPERATOR) {
            return false;
        }
        String stamp = StagedPlugin.stamp(file);
        return (stamp.isEmpty() || !stamp.equals(stored.sourceStamp())) && !stored.source().equals(StagedPlugin.sha256(file));
    }
}
