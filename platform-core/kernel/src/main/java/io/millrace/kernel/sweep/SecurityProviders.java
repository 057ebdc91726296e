package io.millrace.kernel.sweep;

import java.security.Provider;
import java.security.Security;
import java.util.ArrayList;
import java.util.List;

/** Security providers of a plugin's classes. */
final class SecurityProviders {

    private SecurityProviders() {}

    static List<String> sweep(ClassLoader own) {
        List<String> found = new ArrayList<>();
        for (Provider provider : Security.getProviders()) {
            if (provider.getClass().getClassLoader() == own) {
                Security.removeProvider(provider.getName());
                found.add("security provider " + provider.getName());
            }
        }
        return found;
    }
}
