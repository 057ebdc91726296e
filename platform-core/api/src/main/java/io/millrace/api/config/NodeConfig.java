package io.millrace.api.config;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.osgi.framework.BundleContext;

/**
 * Configuration of this node, resolved by the launcher before any bundle starts: defaults, then {@code millrace.properties}, then the
 * command line. Immutable for the life of the process.
 *
 * <p>A bundle declares its keys in {@code MILLRACE-INF/config-keys.properties}, one line each:
 * {@code key = type | default | what it does}, with the types {@code string int long double boolean list password
 * address path}. A key that ends in {@code .*} stands for all that begin so and that nobody declares; {@link #family} has them. The launcher refuses keys that
 * nobody declares and values that do not parse, so the getters here only fail for a key that the bundle itself forgot to declare.
 */
public final class NodeConfig {

    /** Framework property that holds the unpacked distribution's folder. */
    public static final String HOME = "millrace.home";
    /** Framework property that holds the data folder: logs, plugin store, framework cache. */
    public static final String DATA = "millrace.data";
    /** Framework property that holds the folder of this node's configuration files. */
    public static final String ETC = "millrace.etc";
    /** Prefix of the framework properties that hold configuration keys. */
    public static final String KEY_PREFIX = "millrace.config.";

    /** Framework property that holds the names of the keys that the user gives a value, with commas between them. */
    public static final String GIVEN_KEYS = "millrace.given.keys";

    private final BundleContext context;

    private NodeConfig(BundleContext context) {
        this.context = context;
    }

    public static NodeConfig of(BundleContext context) {
        return new NodeConfig(context);
    }

    public Path home() {
        return Path.of(property(HOME));
    }

    public Path data() {
        return Path.of(property(DATA));
    }

    public Path etc() {
        return Path.of(property(ETC));
    }

    /** @return the value, never null; empty if the key's default is empty */
    public String get(String key) {
        return property(KEY_PREFIX + key);
    }

    /** The keys that {@code millrace.properties} or the command line give a value, of all bundles. */
    public Set<String> givenKeys() {
        String names = context.getProperty(GIVEN_KEYS);
        return names == null ? Set.of() : Set.of(names.split(","));
    }

    /**
     * What the user set of a family of keys.
     *
     * @param prefix of the family, with the dot
     * @return by the rest of the key; keys that are declared one by one may be among them
     */
    public Map<String, String> family(String prefix) {
        Map<String, String> family = new TreeMap<>();
        for (String key : givenKeys()) {
            if (key.startsWith(prefix)) {
                family.put(key.substring(prefix.length()), get(key));
            }
        }
        return family;
    }

    public int getInt(String key) {
        return Integer.parseInt(get(key));
    }

    public long getLong(String key) {
        return Long.parseLong(get(key));
    }

    public boolean getBoolean(String key) {
        return Boolean.parseBoolean(get(key));
    }

    private String property(String name) {
        String value = context.getProperty(name);
        if (value == null) {
            throw new IllegalArgumentException("no bundle declares the configuration key " + name
                    + "; declare it in MILLRACE-INF/config-keys.properties");
        }
        return value;
    }
}
