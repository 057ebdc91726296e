package io.millrace.kernel.plugin;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.api.health.HealthCheck;
import io.millrace.api.plugin.Delivery;
import io.millrace.api.plugin.PluginException;
import io.millrace.api.plugin.PluginManager.PluginInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder in which plugins are installed, updated and removed by putting, replacing and deleting their files. What is wrong with a file is
 * told in the log and as a finding; it is tried again when the file changes.
 */
public final class HotDeploy implements HealthCheck, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(HotDeploy.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration EVERY = Duration.ofMillis(500);
    private static final String TAG = "deploy";

    private final LivePlugins plugins;
    private final Path folder;
    private final Path memory;
    private final Thread thread = Thread.ofPlatform().name("plugin-deploy").daemon().unstarted(this::run);
    private final Map<String, String> failures = new ConcurrentSkipListMap<>();
    private DeployedFiles files;

    /**
     * @param folder what is watched; nothing happens while there is no such folder
     * @param memory file that remembers between processes what came of which file
     */
    public HotDeploy(LivePlugins plugins, Path folder, Path memory) {
        this.plugins = plugins;
        this.folder = folder;
        this.memory = memory;
    }

    public void start() {
        thread.start();
    }

    private void run() {
        try {
            plugins.awaitOpen();
            files = new DeployedFiles(remembered());
            while (true) {
                if (Files.isDirectory(folder)) {
                    look();
                }
                Thread.sleep(EVERY);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (PluginException | RuntimeException e) {
            LOG.error("the folder {} is not watched any more: {}", folder, e.getMessage(), e);
        }
    }

    private void look() {
        try {
            DeployedFiles.ToDo todo = files.look(sights());
            for (String file : todo.arrived()) {
                files.done(file, arrived(folder.resolve(file)));
                remember();
            }
            for (String file : todo.gone()) {
                failures.remove(file);
                String plugin = files.forget(file);
                if (!plugin.isEmpty()) {
                    gone(file, plugin);
                }
                remember();
            }
        } catch (IOException e) {
            LOG.warn("the folder {} cannot be looked through now: {}", folder, e.toString());
        }
    }

    private Map<String, DeployedFiles.Sight> sights() throws IOException {
        Map<String, DeployedFiles.Sight> sights = new TreeMap<>();
        try (Stream<Path> all = Files.list(folder)) {
            for (Path file : all.toList()) {
                String name = file.getFileName().toString();
                if (!name.startsWith(".") && (Files.isDirectory(file) || name.matches("(?i).+\\.(jar|zip|tar\\.gz|tgz)"))) {
                    sights.put(name, sight(file));
                }
            }
        }
        return sights;
    }

    private static DeployedFiles.Sight sight(Path file) throws IOException {
        long size = 0;
        long modified = 0;
        try (Stream<Path> tree = Files.walk(file)) {
            for (Path part : tree.filter(Files::isRegularFile).toList()) {
                size += Files.size(part);
                modified = Math.max(modified, Files.getLastModifiedTime(part).toMillis());
            }
        } catch (java.io.UncheckedIOException e) {
            throw e.getCause();
        }
        return new DeployedFiles.Sight(size, modified);
    }

    /** @return the plugin's name, or empty if nothing came of the file */
    private String arrived(Path file) {
        String name = file.getFileName().toString();
        try {
            Path beside = file.resolveSibling(name + ".sig");
            Delivery delivery = new Delivery(file, "", Files.isRegularFile(beside) ? Files.readString(beside).strip() : "", TAG);
            String plugin = plugins.nameOf(file);
            PluginInfo info;
            if (!plugins.isStored(plugin)) {
                info = plugins.install(delivery);
            } else if (plugins.isStored(plugin, file)) {
                LOG.debug("{} is installed already", file);
                return plugin;
            } else {
                info = plugins.update(plugin, delivery);
            }
            failures.remove(name);
            LOG.info("plugin {} {} comes from {}", info.name(), info.version(), file);
            return info.name();
        } catch (PluginException | IOException e) {
            failures.put(name, Objects.toString(e.getMessage(), e.toString()));
            LOG.error("{} is not deployed: {}", file, e.getMessage());
            return "";
        }
    }

    private void gone(String file, String plugin) {
        try {
            plugins.remove(plugin);
            LOG.info("plugin {} goes with its file {}", plugin, file);
        } catch (UnknownPluginException e) {
            LOG.debug("plugin {} has gone before its file", plugin);
        } catch (PluginException e) {
            LOG.error("plugin {} does not go with its file {}: {}", plugin, file, e.getMessage());
        }
    }

    private Map<String, DeployedFiles.Deployed> remembered() {
        try {
            return JSON.readValue(Files.readAllBytes(memory), new TypeReference<TreeMap<String, DeployedFiles.Deployed>>() { });
        } catch (NoSuchFileException e) {
            return Map.of();
        } catch (IOException e) {
            // All files are looked at again, and found to be installed.
            LOG.warn("{} cannot be read: {}", memory, e.getMessage());
            return Map.of();
        }
    }

    private void remember() throws IOException {
        // What failed is tried again by the next process, which would not tell of it otherwise.
        Map<String, DeployedFiles.Deployed> kept = new TreeMap<>(files.all());
        kept.keySet().removeAll(failures.keySet());
        Path draft = memory.resolveSibling(memory.getFileName() + ".new");
        Files.write(draft, JSON.writeValueAsBytes(kept));
        Files.move(draft, memory, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public List<Finding> findings() {
        return failures.entrySet().stream().map(entry -> new Finding("deploy", entry.getKey(), State.DEGRADED, entry.getValue())).toList();
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
