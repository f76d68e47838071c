// SPDX-License-Identifier: Apache-2.0
// One script without imports; seal.mjs puts it and the style into one page.
export default {
	publicDir: false,
	build: {
		outDir: 'dist',
		target: 'es2021',
		modulePreload: false,
		rollupOptions: {
			input: 'src/main.ts',
			output: { format: 'es', inlineDynamicImports: true, entryFileNames: 'page.js' },
		},
	},
};
