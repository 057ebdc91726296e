package io.millrace.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** The bundle files of {@code system/NN-name/}, by start level NN. */
final class SystemBundles {

    private static final String DECLARED_KEYS = "MILLRACE-INF/config-keys.properties";
    private static final String FOREIGN_KEYS = "MILLRACE-INF/foreign-keys.properties";
    /** What lies in folders named by the caller starts after the distribution's own. */
    private static final int EXTRA_LEVEL = 90;

    record BundleFile(int level, Path file) {}

    private SystemBundles() {}

    static List<BundleFile> of(Path home, List<Path> extraFolders) throws StartFailure {
        Path system = home.resolve("system");
        List<BundleFile> files = new ArrayList<>();
        for (Path folder : sorted(system, home)) {
            String name = folder.getFileName().toString();
            if (name.matches("[0-9]{2}-.+")) {
                sorted(folder, home).stream().filter(SystemBundles::isBundle)
                        .forEach(file -> files.add(new BundleFile(Integer.parseInt(name.substring(0, 2)), file)));
            }
        }
        for (Path folder : extraFolders) {
            sorted(folder, home).stream().filter(SystemBundles::isBundle).forEach(file -> files.add(new BundleFile(EXTRA_LEVEL, file)));
        }
        if (files.isEmpty()) {
            throw new StartFailure("no bundles in " + system + "; unpack the distribution again, or set millrace.home to its folder");
        }
        return files;
    }

    private static boolean isBundle(Path file) {
        return file.getFileName().toString().endsWith(".jar");
    }

    private static List<Path> sorted(Path folder, Path home) throws StartFailure {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        } catch (IOException absent) {
            throw new StartFailure("cannot read " + folder + "; unpack the distribution again, or set millrace.home to its folder (it is " + home + ")", absent);
        }
    }

    /** What the bundles say of configuration keys. */
    record Keys(Map<String, ConfigKey> declared, ForeignKeys foreign) {}

    /** All keys that the bundles declare. */
    static Keys keys(List<BundleFile> files) throws StartFailure {
        Map<String, ConfigKey> keys = new HashMap<>();
        Map<String, String> foreign = new HashMap<>();
        for (BundleFile bundle : files) {
            // Others' bundles declare none, and opening large ones takes time.
            if (!bundle.file().getFileName().toString().startsWith("millrace-")) {
                continue;
            }
            try (ZipFile jar = new ZipFile(bundle.file().toFile())) {
                Properties declared = properties(jar, DECLARED_KEYS);
                declared.stringPropertyNames().forEach(name -> keys.put(name, ConfigKey.parse(name, declared.getProperty(name))));
                Properties others = properties(jar, FOREIGN_KEYS);
                others.stringPropertyNames().forEach(name -> foreign.put(name, others.getProperty(name)));
            } catch (IOException | IllegalArgumentException broken) {
                throw new StartFailure("bundle " + bundle.file() + ": " + broken.getMessage() + "; unpack the distribution again", broken);
            }
        }
        return new Keys(keys, new ForeignKeys(foreign));
    }

    /** Nothing if the bundle has no such file. */
    private static Properties properties(ZipFile jar, String name) throws IOException {
        Properties properties = new Properties();
        ZipEntry entry = jar.getEntry(name);
        if (entry != null) {
            try (InputStream content = jar.getInputStream(entry)) {
                properties.load(content);
            }
        }
        return properties;
    }
}
