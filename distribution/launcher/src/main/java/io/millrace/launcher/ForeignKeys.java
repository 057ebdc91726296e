package io.millrace.launcher;

import java.util.Map;
import java.util.TreeMap;

/**
 * Keys that are not ours and that files of Kafka's have: {@code key = ignored | why} for those that may stay there, {@code key = refused | mend}
 * for those whose owner would be wrong to believe that they work. A name that ends in {@code .*} stands for all that begin so.
 */
final class ForeignKeys {

    static final ForeignKeys NONE = new ForeignKeys(Map.of());

    private static final String IGNORED = "ignored";

    private final Map<String, String[]> keys = new TreeMap<>();

    /** @throws IllegalArgumentException for a declaration that is none */
    ForeignKeys(Map<String, String> declarations) {
        declarations.forEach((name, declaration) -> {
            String[] parts = declaration.split("\\|", 2);
            if (parts.length < 2 || !parts[0].strip().equals(IGNORED) && !parts[0].strip().equals("refused")) {
                throw new IllegalArgumentException("foreign key " + name + " is declared as '" + declaration + "'; expected: ignored | why, or refused | mend");
            }
            keys.put(name, new String[] {parts[0].strip(), parts[1].strip()});
        });
    }

    boolean isIgnored(String name) {
        String[] key = find(name);
        return key != null && key[0].equals(IGNORED);
    }

    /** @return what to do instead; null unless the key is refused */
    String mend(String name) {
        String[] key = find(name);
        return key == null || key[0].equals(IGNORED) ? null : key[1];
    }

    private String[] find(String name) {
        String[] key = keys.get(name);
        for (int dot = name.lastIndexOf('.'); key == null && dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
            key = keys.get(name.substring(0, dot) + ".*");
        }
        return key;
    }
}
