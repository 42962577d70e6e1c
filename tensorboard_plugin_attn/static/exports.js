import{A as e,At as t,B as n,C as r,D as i,E as a,G as o,I as s,J as c,O as l,Q as u,S as d,T as f,W as p,Y as m,b as h,d as g,dt as _,et as v,f as y,g as b,gt as x,ht as S,it as C,jt as w,k as T,kt as ee,mt as E,n as te,nt as ne,ot as re,p as ie,pt as ae,q as D,rt as oe,tt as se,u as ce,v as le,w as ue,x as de,y as fe,z as O}from"./index.js";var pe=/^[=+\-@\t\r]/,me=/[",\r\n]|^\s|\s$/,he=[`run`,`layer`,`user`,`step`,`head`,`query_position`,`query`,`key_position`,`key`,`attention`,`error_bound`];function k(e,t){let n=[e.join(`,`)];for(let e of t)n.push(e.map(_e).join(`,`));return`\ufeff${n.join(`\r
`)}\r\n`}function*ge(e){let{attention:t,head:n}=e,r=[e.run,e.layer,e.user,t.step,e.headName],{tiles:i,queries:a,keys:o,queryOffset:s,keyOffset:c}=t,l=e=>i?i.queryOffset+C(e,a,i.queries).first:s+e,u=e=>i?i.keyOffset+C(e,o,i.keys).first:c+e;for(let i=0;i<t.queries;i+=1)for(let a=0;a<t.keys;a+=1){let o=S(t,n,i,a);o&&!Number.isNaN(o.value)&&(yield[...r,l(i),e.queryNames[i]??``,u(a),e.keyNames[a]??``,o.value,t.derived?null:o.error])}}function _e(e){if(e===null)return``;if(typeof e==`number`)return Number.isFinite(e)?`${e}`:``;let t=pe.test(e)?`'${e}`:e;return me.test(t)||t!==e?`"${t.replaceAll(`"`,`""`)}"`:t}var ve=.57,ye=.68,be=1;function xe(e){return(e.codePointAt(0)??0)>=4352?be:/[A-Z%&@mw]/.test(e)?ye:ve}function A(e,t){let n=0;for(let t of e)n+=xe(t);return n*t}function j(e,t,n){if(A(e,t)<=n)return e;let r=``;for(let i of e){if(A(`${r}${i}…`,t)>n)break;r+=i}return`${r.trimEnd()}…`}function Se(e,t,n){let r=e.match(/[\u1100-\uffff]|[^\s\u1100-\uffff]+\s*|\s+/gu)??[],i=[],a=``;for(let e of r)a&&A((a+e).trimEnd(),t)>n&&(i.push(a.trimEnd()),a=``),a+=e;return a?[...i,a.trimEnd()]:i}var M=20,N=16,Ce=460,P=10,F=12,we=16,Te=16,Ee=150,De=96,Oe=74,I={width:240,height:10};function ke(e,t=Ae(e)){let n=new je,r={...Pe(e,t)},i=Math.max(Ce,r.width)+40;n.line(e.title,we,i,!0);for(let t of e.lines)n.line(t,F,i);n.line(e.axes,11,i),n.y+=N/2;for(let r=0;r<e.panels.length;r+=e.perRow)Fe(n,e.panels.slice(r,r+e.perRow),t);for(let t of e.legends)Le(n,t,i);for(let t of e.notes)n.line(t,11,i);return{width:i,height:Math.ceil(n.y+M),title:e.title,marks:n.marks}}function Ae({panels:e,perRow:t},n=760){let r=Math.max(1,...e.map(({pixels:e})=>Math.max(e.width,e.height))),i=Math.min(t,Math.max(1,e.length));return Math.max(1,Math.min(28,Math.floor(n/i/r)))}var je=class{marks=[];y=M;line(e,t,n,r=!1){for(let i of Se(e,t,n-40))this.text(i,M,this.y+t,t,`start`,0,r),this.y+=Math.max(Te,t+6)}text(e,t,n,r,i,a=0,o=!1){this.marks.push({kind:`text`,x:t,y:n,text:e,size:r,anchor:i,angle:a,bold:o})}};function Me({title:e,pixels:t,rows:n,columns:r},i){let a=n?Math.min(Ee,Ne(n)+10):0,o=r?Math.min(De,.79*Ne(r)+14):0,s=Math.ceil((e?20:0)+o),c=t.width*i+(r?Oe:0);return{left:a,top:s,width:a+Math.max(c,Math.min(160,A(e,F))),height:s+t.height*i}}function Ne(e){return Math.ceil(Math.max(0,...e.map(e=>A(e,P))))}function Pe({panels:e,perRow:t},n){let r=0;for(let i=0;i<e.length;i+=t){let a=e.slice(i,i+t).map(e=>Me(e,n).width+N);r=Math.max(r,a.reduce((e,t)=>e+t,-16))}return{width:r}}function Fe(e,t,n){let r=M,i=t.map(e=>Me(e,n));t.forEach((t,a)=>{let o=i[a];Ie(e,t,r,n,o),r+=o.width+N}),e.y+=Math.max(...i.map(({height:e})=>e))+N}function Ie(e,t,n,r,i){let{pixels:a,rows:o,columns:s,title:c}=t,[l,u]=[n+i.left,e.y+i.top],[d,f]=[a.width*r,a.height*r];c&&e.text(j(c,F,i.width),n,e.y+F,F,`start`,0,!0),e.marks.push({kind:`picture`,x:l,y:u,width:d,height:f,pixels:a});let p=Math.max(1,Math.ceil(12/r)),m=e=>e.flatMap((t,n)=>(e.length-1-n)%p==0?[n]:[]);for(let t of o?m(o):[]){let n=j(o?.[t]??``,P,140);e.text(n,l-6,u+(t+.5)*r+P*.35,P,`end`)}for(let t of s?m(s):[]){let n=j(s?.[t]??``,P,82/.79);e.text(n,l+(t+.5)*r+P*.3,u-5,P,`start`,-52)}}function Le(e,{title:t,bar:n,ticks:r,note:i},a){e.line(t,F,a);let o={x:28,y:e.y+2,width:I.width,height:I.height};e.marks.push({kind:`picture`,...o,pixels:n});for(let[t,n]of r)e.text(n,o.x+t*I.width,o.y+I.height+P+2,P,`middle`);e.y+=I.height+Te+6,e.line(i,11,a)}var L=[147,78,85,77,80,89,1,0],Re=64;function R(e,t){let n=t.reduce((e,t)=>e*t,1);if(n!==e.length)throw RangeError(`${e.length} values are no ${t}`);let r=`{'descr': '<f4', 'fortran_order': False, 'shape': (${t.length===1?`${t[0]},`:t.join(`, `)}), }`,i=L.length+2,a=Math.ceil((i+r.length+1)/Re)*Re,o=new Uint8Array(a+4*n);o.set(L);let s=new DataView(o.buffer);return s.setUint16(L.length,a-i,!0),o.set(new TextEncoder().encode(`${r.padEnd(a-i-1)}\n`),i),e.forEach((e,t)=>s.setFloat32(a+4*t,e,!0)),o}function ze(e,t){let{queries:n,keys:r}=e,i=new Float32Array(t.length*n*r),a=0;for(let o of t)for(let t=0;t<n;t+=1)for(let n=0;n<r;n+=1,a+=1)i[a]=S(e,o,t,n)?.value??NaN;return i}function Be(e){let t=Math.max(0,...e.map(e=>e.queries)),n=Math.max(0,...e.map(e=>e.keys)),r=new Float32Array(e.length*t*n).fill(NaN);return e.forEach((e,i)=>{for(let a=0;a<e.queries;a+=1){let o=(i*t+t-e.queries+a)*n+n-e.keys;r.set(e.values.subarray(a*e.keys,(a+1)*e.keys),o)}}),{values:r,shape:[e.length,t,n]}}var Ve=`#ffffff`,He=`#202124`,z=[`#f4f4f4`,`#c4c4c4`],Ue=`system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif`,We=67108864;async function Ge(e,t=2){let n=Math.sqrt(We/(e.width*e.height));return Ze(qe(e,Math.min(t,n)))}async function Ke(e){let t=document.createElement(`canvas`);return l(t,e),t.toDataURL(`image/png`)}function qe(e,t,n=!1){let r=document.createElement(`canvas`);r.width=Math.round(e.width*t),r.height=Math.round(e.height*t);let i=B(r,n);i.scale(t,t),i.fillStyle=Ve,i.fillRect(0,0,e.width,e.height),i.imageSmoothingEnabled=!1;for(let t of e.marks)Je(i,t);return r}function B(e,t=!1){let n=e.getContext(`2d`,{willReadFrequently:t});if(!n)throw Error(`this browser gives no 2D canvas`);return n}function Je(e,t){if(t.kind===`text`){Ye(e,t);return}let n=document.createElement(`canvas`);l(n,t.pixels);let{x:r,y:i,width:a,height:o}=t;e.fillStyle=Xe(e),e.fillRect(r,i,a,o),n.width>0&&n.height>0&&e.drawImage(n,r,i,a,o)}function Ye(e,t){e.save(),e.translate(t.x,t.y),e.rotate(t.angle*Math.PI/180),e.font=`${t.bold?600:400} ${t.size}px ${Ue}`,e.fillStyle=He,e.textAlign=t.anchor===`middle`?`center`:t.anchor,e.fillText(t.text,0,0),e.restore()}function Xe(e){let t=document.createElement(`canvas`);t.width=6,t.height=6;let n=B(t);return n.fillStyle=z[0],n.fillRect(0,0,6,6),n.strokeStyle=z[1],n.beginPath(),n.moveTo(-1,7),n.lineTo(7,-1),n.stroke(),e.createPattern(t,`repeat`)??z[0]}function Ze(e){return new Promise((t,n)=>{e.toBlob(e=>{e?t(e):n(Error(`the picture is too large for this browser`))},`image/png`)})}var Qe={"&":`&amp;`,"<":`&lt;`,">":`&gt;`,'"':`&quot;`,"'":`&#39;`},$e=/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;function V(e){return e.replace($e,`�`).replace(/[&<>"']/g,e=>Qe[e]??e)}function et(e){return JSON.stringify(e).replace(/[<>&\u2028\u2029]/g,e=>`\\u${e.charCodeAt(0).toString(16).padStart(4,`0`)}`)}var tt=`system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,sans-serif`,nt=`<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="#f4f4f4"/><path d="M-1 7 7 -1" stroke="#c4c4c4"/></pattern>`;async function rt({width:e,height:t,title:n,marks:r},i){let a=await Promise.all(r.map(e=>e.kind===`text`?it(e):at(e,i)));return[`<svg xmlns="http://www.w3.org/2000/svg" width="${e}" height="${t}" viewBox="0 0 ${e} ${t}" role="img">`,`<title>${V(n)}</title><defs>${nt}</defs>`,`<rect width="${e}" height="${t}" fill="#fff"/>`,`<g font-family="${tt}" fill="#202124">`,...a,`</g></svg>
`].join(`
`)}function it({x:e,y:t,text:n,size:r,anchor:i,angle:a,bold:o}){let s=a===0?``:` transform="rotate(${a} ${H(e)} ${H(t)})"`,c=o?` font-weight="600"`:``;return`<text ${`x="${H(e)}" y="${H(t)}" font-size="${r}"`} text-anchor="${i}"${c}${s}>${V(n)}</text>`}async function at({x:e,y:t,width:n,height:r,pixels:i},a){let o=`x="${H(e)}" y="${H(t)}" width="${n}" height="${r}"`,s=`<rect ${o} fill="url(#hatch)"/>`;if(i.width*i.height>1e4)return`${s}${`<image ${o} preserveAspectRatio="none" style="image-rendering:pixelated"`} href="${await a(i)}"/>`;let c=`${H(n/i.width)} ${H(r/i.height)}`;return`${s}<g transform="${`translate(${H(e)} ${H(t)}) scale(${c})`}" shape-rendering="crispEdges">${ot(i)}</g>`}function ot({width:e,height:t,rgba:n}){let r=new Uint32Array(n.buffer,n.byteOffset,e*t),i=new Map;for(let a=0;a<t;a+=1)for(let t=0;t<e;){let o=a*e+t,s=r[o],c=t+1;for(;c<e&&r[a*e+c]===s;)c+=1;let l=i.get(s)??{fill:st(n,o),path:``};l.path+=`M${t} ${a}h${c-t}v1H${t}z`,n[4*o+3]!==0&&i.set(s,l),t=c}return[...i.values()].map(({fill:e,path:t})=>`<path fill="${e}" d="${t}"/>`).join(``)}function st(e,t){return`#${[...e.subarray(4*t,4*t+3)].map(e=>e.toString(16).padStart(2,`0`)).join(``)}`}function H(e){return Math.round(100*e)/100}function ct({table:t,scale:n},r,i,a){let o=e(t),s=new Uint8ClampedArray(1024);new Uint32Array(s.buffer).set(o);let c=se(n).map(e=>[oe(e,n),a(e)]);return{title:r,bar:{width:256,height:1,rgba:s},ticks:c,note:i}}function lt(e,t){let{queries:n,keys:r,layout:i,encoding:a,codes:o}=e,s=ae(n,r,i),c=0;for(let e=t*s;e<(t+1)*s;e+=1)c=Math.max(c,E(o[e]??0,a));return c}function U(e,t,n){return e.isMean(t)?w().derived.pictures.cohort:i(n)}function ut(e,t,n){let i=(i,o)=>{if(n.derived&&t.name!==`attn:rollout`)return r(t,n,i);let s=e.run?.name??``;return a(e,s,e.user,o,c(n,i))};return{queries:i(`query`,t.query_axis),keys:i(`key`,t.key_axis)}}function dt(e,t){let{selection:n}=e,r=n.view===`heads`?e.layers:[e.layer];return(t?[t]:r).flatMap(t=>{let r=t&&e.picturedFrame(t);if(!t||r?.kind!==`ready`)return[];let i=Array.from({length:r.attention.heads},(e,t)=>t);return(n.view===`heads`?i:[n.head]).map(e=>({layer:t,head:e,attention:r.attention}))})}function ft(e){if(e.selection.view===`compare`)return gt(e);if(e.selection.view===`evolution`)return bt(e);let{layer:t,user:n}=e;return t&&n&&pt(e,dt(e),U(e,t,n))}function pt(e,t,n){let[r]=t;if(!r)return null;let{display:i}=e,a=t.length===1,o=new Set(t.map(({layer:e})=>d(e))),s=t.map(({layer:t,head:n,attention:r})=>{let s=a?ut(e,t,r):null,c=h(t,n);return{title:a?``:o.size>1?`${d(t)}: ${c}`:c,pixels:T(r,n,i.paletteOf(r)),rows:s?.queries??null,columns:s?.keys??null}}),c=a?h(r.layer,r.head):``;return{...xt(e,n,[[...o].join(`, `),c],r.attention.step),axes:w().exports.axes,panels:s,perRow:o.size>1?Math.max(...e.layers.map(e=>e.head_count)):4,legends:St(t.map(({attention:e})=>i.paletteOf(e))),notes:[...mt(t),w().exports.hatched,w().exports.caution]}}function mt(e){let t=e.filter(({attention:e})=>!e.derived),n=e.flatMap(({layer:e,attention:t})=>[f(t),...ht(e,t)]),r=t.map(({attention:e,head:t})=>lt(e,t));return[...[...new Set(n)].filter(Boolean),...r.length>0?[K(Math.max(...r))]:[]]}function ht(e,{derived:n}){let r=w();if(e.name===`attn:rollout`)return[r.derived.rolloutNote];if(!n)return[];let i=m(e.query_axis)?r.derived.mean:r.derived.meanLast,a=e=>O(e,t());return[i(a(n.users),a(n.of)),r.derived.aboutTitle]}function gt(e){return _t(e,e.compare.panels.map(t=>D(e,t)))}function _t(e,t){let{display:n}=e,r=t.map(({picture:e})=>e?.kind===`ready`?e.attention:null),i=t.flatMap((e,t)=>{let i=r[t];return i?[{title:`${b(t)}: ${yt(e)}`,pixels:T(i,e.head,n.paletteOf(i)),rows:null,columns:null}]:[]});if(i.length===0)return null;let a=w(),o=vt(t);if(o){let e=T(o,0,n.signedPaletteOf(o));i.push({title:a.compare.minus(`A`,`B`),pixels:e,rows:null,columns:null})}let s=r.filter(e=>e!==null),c=r.map((e,n)=>e?lt(e,t[n]?.head??0):0),l=o?[G(n.signedPaletteOf(o))]:[];return{title:`${a.title}: ${a.views.compare}`,lines:t.map((e,t)=>`${b(t)}: ${yt(e)}`),axes:a.exports.axes,panels:i,perRow:3,legends:[...St(s.map(e=>n.paletteOf(e))),...l],notes:[...new Set(s.map(f).filter(Boolean)),K(Math.max(...c)),a.exports.hatched,a.exports.caution]}}function vt([e,t,n]){if(e?.picture?.kind!==`ready`||t?.picture?.kind!==`ready`||n)return null;let r=s(e,t);return!r||r.common.kind===`nothing`?null:o({attention:e.picture.attention,head:e.head},{attention:t.picture.attention,head:t.head})}function yt({run:e,layer:n,user:r,head:a,step:o}){if(!e||!n||!r)return`–`;let s=o===null?`–`:O(o,t());return[e.display_name,d(n),h(n,a),i(r),w().heatmap.step(s)].join(`, `)}function W(e){let{evolution:t,layer:n,run:r,user:i}=e,o=t.loaded.filter(e=>t.row(e)?.kind===`ready`);if(!n||o.length===0)return null;let s=ce(e,n),c=a(e,r?.name??``,i,n.key_axis,s),l=s.newestFirst?c.reverse():c,u=o.map(t=>l.map((n,r)=>g(e,s,t,r)));return{names:l,positions:l.map((e,t)=>y(s,t)),steps:o,columns:u}}function bt(e){let n=W(e),{layer:r,user:a,display:o,selection:s}=e;if(!n||!r||!a)return null;let c=ie(n.columns,n.names.length,o.palette),l=w(),u=n.steps.map(e=>O(e,t()));return{...xt(e,i(a),[d(r),h(r,s.head)],null),axes:m(r.key_axis)?l.evolution.axis:l.evolution.axisOf(fe(r.key_axis)),panels:[{title:``,pixels:c,rows:n.names,columns:u}],perRow:1,legends:[G(o.palette)],notes:[l.exports.caution]}}function xt({run:e,columns:r},i,a,o){let s=w(),c=o===null?null:r?.epochs[r.steps.indexOf(o)],l=[o===null?``:s.heatmap.step(O(o,t())),c==null?``:s.timeline.epoch(n(c,2,t()))];return{title:[s.title,...a].filter(Boolean).join(` · `),lines:[[e?.display_name??``,i].join(` · `),l.filter(Boolean).join(`, `)].filter(Boolean)}}function St(e){return[...new Set(e)].map(G)}function G(e){let n=w(),{scale:r}=e,i=e=>p(e,t()),a=(r.signed?n.heatmap.legendSignedNote:n.heatmap.legendNote)(n.tools.scales[r.kind],i(r.top));return ct(e,r.signed?n.heatmap.legendSigned:n.heatmap.legend,a,i)}function K(e){return w().exports.bound(n(e,e<5e-5?6:4,t()))}var q=(...e)=>new Uint32Array(Uint8Array.from(e).buffer)[0],Ct=q(255,255,255,255),wt=q(32,33,36,255),Tt=q(222,222,222,255),Et=150,J=16;function Dt(e){let t=qe({...e,marks:e.marks.filter(({kind:e})=>e===`text`)},1,!0),{data:n}=B(t).getImageData(0,0,t.width,t.height),r=new Uint32Array(n.buffer);Ot(r,n);for(let n of e.marks)n.kind===`picture`&&kt(r,t.width,n);return n}function Ot(e,t){for(let n=0;n<e.length;n+=1)e[n]=t[4*n+1]<Et?wt:Ct}function kt(e,t,n){let{rgba:r,width:i,height:a}=n.pixels,o=new Uint32Array(r.buffer,r.byteOffset,i*a),s=a===1&&i===256,[c,l]=[Math.round(n.x),Math.round(n.y)];for(let u=0;u<n.height;u+=1){let d=Math.floor(u*a/n.height);for(let a=0;a<n.width;a+=1){let f=Math.floor(a*i/n.width),p=d*i+(s?At(f):f);e[(l+u)*t+c+a]=r[4*p+3]===0?Tt:o[p]}}}function At(e){return Math.floor(e/J)*J+J/2}function jt(e,t,n){if(t.width===n.width&&t.height===n.height)return e;let r=new Uint8ClampedArray(n.width*n.height*4).fill(255),i=4*Math.min(t.width,n.width);for(let a=0;a<Math.min(t.height,n.height);a+=1)r.set(e.subarray(4*a*t.width,4*a*t.width+i),4*a*n.width);return r}var Mt={signature:`GIF`,version:`89a`,trailer:59,extensionIntroducer:33,applicationExtensionLabel:255,graphicControlExtensionLabel:249,imageSeparator:44,signatureSize:3,versionSize:3,globalColorTableFlagMask:128,colorResolutionMask:112,sortFlagMask:8,globalColorTableSizeMask:7,applicationIdentifierSize:8,applicationAuthCodeSize:3,disposalMethodMask:28,userInputFlagMask:2,transparentColorFlagMask:1,localColorTableFlagMask:128,interlaceFlagMask:64,idSortFlagMask:32,localColorTableSizeMask:7};function Nt(e=256){let t=0,n=new Uint8Array(e);return{get buffer(){return n.buffer},reset(){t=0},bytesView(){return n.subarray(0,t)},bytes(){return n.slice(0,t)},writeByte(e){r(t+1),n[t]=e,t++},writeBytes(e,i=0,a=e.length){r(t+a);for(let r=0;r<a;r++)n[t++]=e[r+i]},writeBytesView(e,i=0,a=e.byteLength){r(t+a),n.set(e.subarray(i,i+a),t),t+=a}};function r(e){var r=n.length;if(r>=e)return;e=Math.max(e,r*(r<1048576?2:1.125)>>>0),r!=0&&(e=Math.max(e,256));let i=n;n=new Uint8Array(e),t>0&&n.set(i.subarray(0,t),0)}}var Y=12,Pt=5003,Ft=[0,1,3,7,15,31,63,127,255,511,1023,2047,4095,8191,16383,32767,65535];function It(e,t,n,r,i=Nt(512),a=new Uint8Array(256),o=new Int32Array(Pt),s=new Int32Array(Pt)){let c=o.length,l=Math.max(2,r);a.fill(0),s.fill(0),o.fill(-1);let u=0,d=0,f=l+1,p=f,m=!1,h=p,g=(1<<h)-1,_=1<<f-1,v=_+1,y=_+2,b=0,x=n[0],S=0;for(let e=c;e<65536;e*=2)++S;S=8-S,i.writeByte(l),w(_);let C=n.length;for(let e=1;e<C;e++)t:{let t=n[e],r=(t<<Y)+x,i=t<<S^x;if(o[i]===r){x=s[i];break t}let a=i===0?1:c-i;for(;o[i]>=0;)if(i-=a,i<0&&(i+=c),o[i]===r){x=s[i];break t}w(x),x=t,y<1<<Y?(s[i]=y++,o[i]=r):(o.fill(-1),y=_+2,m=!0,w(_))}return w(x),w(v),i.writeByte(0),i.bytesView();function w(e){for(u&=Ft[d],d>0?u|=e<<d:u=e,d+=h;d>=8;)a[b++]=u&255,b>=254&&(i.writeByte(b),i.writeBytesView(a,0,b),b=0),u>>=8,d-=8;if((y>g||m)&&(m?(h=p,g=(1<<h)-1,m=!1):(++h,g=h===Y?1<<h:(1<<h)-1)),e==v){for(;d>0;)a[b++]=u&255,b>=254&&(i.writeByte(b),i.writeBytesView(a,0,b),b=0),u>>=8,d-=8;b>0&&(i.writeByte(b),i.writeBytesView(a,0,b),b=0)}}}var Lt=It;function Rt(e={}){let{initialCapacity:t=4096,auto:n=!0}=e,r=Nt(t),i=5003,a=new Uint8Array(256),o=new Int32Array(i),s=new Int32Array(i),c=!1;return{reset(){r.reset(),c=!1},finish(){r.writeByte(Mt.trailer)},bytes(){return r.bytes()},bytesView(){return r.bytesView()},get buffer(){return r.buffer},get stream(){return r},writeHeader:l,writeFrame(e,t,i,u={}){let{transparent:d=!1,transparentIndex:f=0,delay:p=0,palette:m=null,repeat:h=0,colorDepth:g=8,dispose:_=-1}=u,v=!1;if(n?c||=(v=!0,l(),!0):v=!!u.first,t=Math.max(0,Math.floor(t)),i=Math.max(0,Math.floor(i)),v){if(!m)throw Error(`First frame must include a { palette } option`);Bt(r,t,i,m,g),Ht(r,m),h>=0&&Vt(r,h)}let y=Math.round(p/10);zt(r,_,y,d,f);let b=!!m&&!v;Ut(r,t,i,b?m:null),b&&Ht(r,m),Wt(r,e,t,i,g,a,o,s)}};function l(){Gt(r,`GIF89a`)}}function zt(e,t,n,r,i){e.writeByte(33),e.writeByte(249),e.writeByte(4),i<0&&(i=0,r=!1);var a,o;r?(a=1,o=2):(a=0,o=0),t>=0&&(o=t&7),o<<=2,e.writeByte(o|0|a),X(e,n),e.writeByte(i||0),e.writeByte(0)}function Bt(e,t,n,r,i=8){let a=Z(r.length)-1,o=i-1<<4|128|a;X(e,t),X(e,n),e.writeBytes([o,0,0])}function Vt(e,t){e.writeByte(33),e.writeByte(255),e.writeByte(11),Gt(e,`NETSCAPE2.0`),e.writeByte(3),e.writeByte(1),X(e,t),e.writeByte(0)}function Ht(e,t){let n=1<<Z(t.length);for(let r=0;r<n;r++){let n=[0,0,0];r<t.length&&(n=t[r]),e.writeByte(n[0]),e.writeByte(n[1]),e.writeByte(n[2])}}function Ut(e,t,n,r){if(e.writeByte(44),X(e,0),X(e,0),X(e,t),X(e,n),r){let t=Z(r.length)-1;e.writeByte(128|t)}else e.writeByte(0)}function Wt(e,t,n,r,i=8,a,o,s){Lt(n,r,t,i,e,a,o,s)}function X(e,t){e.writeByte(t&255),e.writeByte(t>>8&255)}function Gt(e,t){for(var n=0;n<t.length;n++)e.writeByte(t.charCodeAt(n))}function Z(e){return Math.max(Math.ceil(Math.log2(e)),1)}var Kt=256,qt=20,Jt=class{width;height;delayMs;encoder=Rt();constructor(e,t,n){this.width=e,this.height=t,this.delayMs=n}add(e){let{indices:t,colours:n}=Yt(e),r=Math.max(qt,this.delayMs);this.encoder.writeFrame(t,this.width,this.height,{palette:n,delay:r})}finish(){return this.encoder.finish(),this.encoder.bytes()}};function Yt(e){let t=new Uint32Array(e.buffer,e.byteOffset,e.length/4),n=Xt(t).sort((e,t)=>t.count-e.count),r=({at:t})=>[...e.subarray(4*t,4*t+3)],i=n.slice(0,Kt).map(r),a=new Map(n.map((e,n)=>[t[e.at],n<Kt?n:Zt(i,r(e))])),o=new Uint8Array(t.length),[s,c]=[-1,0];for(let e=0;e<t.length;e+=1){let n=t[e];n!==s&&([s,c]=[n,a.get(n)]),o[e]=c}return{indices:o,colours:i}}function Xt(e){let t=new Map,n;for(let r=0;r<e.length;r+=1)(r===0||e[r]!==e[r-1])&&(n=t.get(e[r])??{at:r,count:0},t.set(e[r],n)),n&&(n.count+=1);return[...t.values()]}function Zt(e,t){let[n,r]=[0,1/0];return e.forEach((e,i)=>{let a=e.reduce((e,n,r)=>e+(n-(t[r]??0))**2,0);a<r&&([n,r]=[i,a])}),n}var Qt=32;function $t(e){return u(e.length,599)}async function*Q(e,{run:t,layer:n,user:r},i,{signal:a,report:o}){let s=Qt;for(let c=0;c<i.length;){let l=i.slice(c,c+s),u;try{u=await e.frames(t,n,r,l.join(`,`),a)}catch(e){if(a.aborted||_(e).kind!==`too_large`||s===1)throw e;s=Math.ceil(s/2);continue}let d=new Map(u.map(e=>[e.step,e]));for(let e of l){let t=d.get(e);c+=1,t&&(yield t),o(c,i.length)}a.throwIfAborted()}}function en(){return new Promise(e=>setTimeout(e,0))}var tn=`/* Plays the frames inlined above. Text is only ever put on the page as text nodes. */
'use strict';
(() => {
  const story = JSON.parse(document.getElementById('story').textContent);
  const { words, frames, lists, levels, colours, heads } = story;
  const STEP_MS = 125;
  let [at, head, timer] = [frames.length - 1, 0, 0];

  const make = (name, text = '', parent = document.body, more = {}) => {
    const element = document.createElement(name);
    element.textContent = text;
    Object.assign(element, more);
    parent.append(element);
    return element;
  };
  const number = (value, digits) =>
    value.toLocaleString(story.language, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });

  make('h1', story.title);
  const about = make('dl');
  for (const [what, value] of story.about) {
    make('dt', what, about);
    make('dd', value, about);
  }
  make('p', words.caution, document.body, { className: 'caution' });
  const bar = make('div', '', document.body, { className: 'bar' });
  const play = make('button', words.play, bar, { type: 'button' });
  const slider = make('input', '', bar, { type: 'range', min: 0, max: frames.length - 1 });
  slider.setAttribute('aria-label', words.step);
  const where = make('output', '', bar);
  const label = make('label', \`\${words.head} \`, bar);
  const choice = make('select', '', label);
  heads.forEach((name, i) => make('option', name, choice, { value: i }));
  const body = make('div', '', document.body, { className: 'body' });
  const picture = make('figure', '', body);
  const canvas = make('canvas', '', picture);
  canvas.setAttribute('role', 'img');
  const caption = make('figcaption', '', picture);
  for (const text of [words.scale, words.bound]) make('div', text, picture, { className: 'soft' });
  const history = make('section', '', body);
  make('h2', words.history, history);
  const items = make('ol', '', history);
  const list = make('section', '', body);
  make('h2', words.recommendations, list);
  const ranks = make('p', '', list);
  const entries = make('ol', '', list);

  const decoded = new Map();
  function codesOf(frame) {
    if (!decoded.has(frame.step)) {
      if (decoded.size > 64) decoded.clear();
      const text = atob(frame.codes);
      decoded.set(
        frame.step,
        Uint8Array.from(text, (sign) => sign.charCodeAt(0)),
      );
    }
    return decoded.get(frame.step);
  }
  /** The code of a cell, or -1 where it is not applicable. */
  function codeAt(frame, query, key) {
    const { queries, keys, triangle } = frame;
    if (triangle && key > query) return -1;
    const cells = triangle ? (queries * (queries + 1)) / 2 : queries * keys;
    const row = triangle ? (query * (query + 1)) / 2 : query * keys;
    return codesOf(frame)[head * cells + row + key];
  }
  const titleAt = (titles, index) => titles[index] ?? \`#\${index + 1}\`;

  function draw() {
    const frame = frames[at];
    slider.value = at;
    const epoch = frame.epoch == null ? '' : \` (\${number(frame.epoch, 2)})\`;
    where.textContent = \`\${words.step} \${frame.step}\${epoch}, \${at + 1} / \${frames.length}\`;
    caption.textContent = frame.codes ? words.cell : \`\${words.none} \${frame.reason}\`;
    canvas.hidden = !frame.codes;
    canvas.setAttribute('aria-label', \`\${words.picture} \${where.textContent}\`);
    items.replaceChildren();
    if (frame.codes) {
      paint(frame);
      listHistory(frame);
    }
    listItems(frame.step);
  }
  function paint(frame) {
    const { queries, keys } = frame;
    Object.assign(canvas, { width: keys, height: queries });
    const side = Math.max(1, Math.min(24, Math.floor(560 / Math.max(queries, keys))));
    canvas.style.width = \`\${keys * side}px\`;
    // A single row of many keys would be a hairline.
    canvas.style.height = \`\${Math.max(16, queries * side)}px\`;
    const context = canvas.getContext('2d');
    const image = context.createImageData(keys, queries);
    for (let query = 0; query < queries; query += 1) {
      for (let key = 0; key < keys; key += 1) {
        const code = codeAt(frame, query, key);
        if (code < 0) continue;
        const place = 4 * (query * keys + key);
        for (let i = 0; i < 3; i += 1) image.data[place + i] = colours[3 * levels[code] + i];
        image.data[place + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
  }
  function listHistory(frame) {
    const last = frame.queries - 1;
    const valueAt = (key) => (codeAt(frame, last, key) / 255) ** 2;
    const max = Math.max(...Array.from({ length: frame.keys }, (_, key) => valueAt(key))) || 1;
    for (let key = frame.keys - 1; key >= 0; key -= 1) {
      const value = valueAt(key);
      const line = make('li', '', items);
      make('span', titleAt(story.keyTitles, frame.keyOffset + key), line);
      make('meter', '', line, { min: 0, max, value });
      make('span', number(value, 4), line);
    }
  }
  function listItems(step) {
    const found = lists.filter((other) => other.step <= step).at(-1);
    entries.replaceChildren();
    ranks.textContent = '';
    if (!found) return;
    const target = story.target === null ? '' : \`: \${story.target}\`;
    if (found.targetRank !== null)
      ranks.textContent = \`\${words.target} \${found.targetRank}\${target}\`;
    for (const [title, score] of found.items) {
      const line = make('li', '', entries);
      make('span', title, line);
      make('span', number(score, 2), line);
    }
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = words.play;
  }
  play.onclick = () => {
    if (timer) {
      stop();
      return;
    }
    if (at === frames.length - 1) at = -1;
    play.textContent = words.pause;
    timer = setInterval(() => {
      at += 1;
      draw();
      if (at === frames.length - 1) stop();
    }, STEP_MS);
  };
  slider.oninput = () => {
    at = Number(slider.value);
    draw();
  };
  choice.onchange = () => {
    head = Number(choice.value);
    draw();
  };
  canvas.onpointermove = (event) => {
    const frame = frames[at];
    const box = canvas.getBoundingClientRect();
    const query = Math.floor(((event.clientY - box.top) / box.height) * frame.queries);
    const key = Math.floor(((event.clientX - box.left) / box.width) * frame.keys);
    const code = query < frame.queries && key < frame.keys ? codeAt(frame, query, key) : -1;
    const names = \`\${titleAt(story.queryTitles, frame.queryOffset + query)} ← \${titleAt(story.keyTitles, frame.keyOffset + key)}\`;
    caption.textContent = code < 0 ? words.cell : \`\${names}: \${number((code / 255) ** 2, 4)}\`;
  };
  draw();
})();
`,nn=`:root {
  color-scheme: light;
  font:
    14px/1.5 system-ui,
    -apple-system,
    'Segoe UI',
    Roboto,
    'Noto Sans',
    sans-serif;
  color: #202124;
}
body {
  max-width: 1200px;
  margin: 24px auto;
  padding: 0 20px;
}
h1 {
  font-size: 20px;
}
h2 {
  font-size: 15px;
}
dl {
  display: grid;
  grid-template-columns: max-content 1fr;
  gap: 2px 16px;
}
dt,
.soft {
  color: #5f6368;
}
dd {
  margin: 0;
}
.caution {
  border-left: 3px solid #b06000;
  padding-left: 10px;
}
.bar {
  display: flex;
  gap: 12px;
  align-items: center;
  position: sticky;
  top: 0;
  padding: 8px 0;
  background: #fff;
}
.bar input {
  flex: 1;
}
.body {
  display: flex;
  flex-wrap: wrap;
  gap: 32px;
}
.body section {
  flex: 1 1 260px;
  min-width: 0;
}
figure {
  min-width: 0;
  max-width: 100%;
  margin: 0;
  overflow-x: auto;
}
canvas {
  display: block;
  image-rendering: pixelated;
  background: repeating-linear-gradient(-45deg, #f4f4f4 0 4px, #c9c9c9 4px 5px);
}
canvas[hidden] {
  display: none;
}
ol {
  padding: 0;
  max-height: 560px;
  overflow: auto;
}
li {
  display: flex;
  gap: 8px;
  align-items: center;
}
li span:first-child {
  flex: 1;
  min-width: 0;
  overflow-wrap: anywhere;
}
meter {
  width: 80px;
}
`,rn=`sha256-4PoBOS7vKYDQibDkcbTazsVD37/nUhDDENs6f04T/7E=`,an=`sha256-qdguvRgzZgk1zEd7sRi7quBM2mdwZMyvNB0YHrstqTc=`;function on(e){let{palette:t,...n}=e,r=Array.from({length:256},(e,n)=>ne(x(n,`U8_SQRT`),t.scale)),i={...n,colours:[...v(t.table)],levels:r},a=`default-src 'none'; script-src '${rn}'; style-src '${an}'`;return[`<!doctype html>`,`<html lang="${V(e.language)}">`,`<head>`,`<meta charset="utf-8">`,`<meta http-equiv="Content-Security-Policy" content="${V(a)}">`,`<meta name="viewport" content="width=device-width">`,`<title>${V(e.title)}</title>`,`<style>${nn}</style>`,`</head>`,`<body>`,`<script type="application/json" id="story">${et(i)}<\/script>`,`<script>${tn}<\/script>`,`</body>`,`</html>
`].join(`
`)}function sn(e,t,n){let{queries:r,keys:i,layout:a,encoding:o,codes:s}=e,c=ae(r,i,a),l=new Uint8Array(t.length*c),u=0;t.forEach((e,t)=>{for(let n=0;n<c;n+=1){let r=s[e*c+n]??0,i=o===`U8_SQRT`?r:Math.round(255*Math.sqrt(x(r,o)));l[t*c+n]=i;let a=o===`U8_SQRT`?0:E(r,o);u=Math.max(u,E(i,`U8_SQRT`)+a)}});let{step:d,queryOffset:f,keyOffset:p}=e;return{frame:{step:d,epoch:n,queries:r,keys:i,queryOffset:f,keyOffset:p,triangle:a===`LOWER_TRIANGLE`,codes:cn(l)},error:u}}function cn(e){let t=``;for(let n=0;n<e.length;n+=32768)t+=String.fromCharCode(...e.subarray(n,n+32768));return btoa(t)}async function*ln(e,{signal:t,report:n}){let{panels:r}=e.compare,i=un(r.map(t=>D(e,t))),a={signal:t,report:()=>void 0},o=r.map(t=>dn(e,t,i,a));for(let[a,s]of i.entries()){let c=await Promise.all(o.map(async e=>(await e.next()).value)),l=r.map((t,n)=>D(e,t,{cursor:s,frame:c[n]||void 0}));l.every(({picture:e})=>e?.kind===`ready`)&&(yield l),n(a+1,i.length),t.throwIfAborted()}}function un(e){let t=e.flatMap(({choice:e,columns:t})=>e.step===null?t?.steps??[]:[]),n=[...new Set(t)].sort((e,t)=>e-t);return u(n.length,599).indices.map(e=>n[e])}async function*dn(e,t,n,r){let{run:i,layer:a,user:o,columns:s}=D(e,t),c=s?.steps??[],l=n.map(e=>c[re(c,t.step??e)]),u=[...new Set(l)].filter(e=>e!==void 0),d={run:i?.name??``,layer:a?.name??``,user:o?.index??0},f=Q(e.client,d,u,r),p;for(let e of l){for(;e!==void 0&&(p?.step??-1)<e;){let e=await f.next();if(e.done)break;p=e.value}yield p?.step===e?p:void 0}}var fn=420,pn=760,mn=100;function hn(e){let{run:t,layer:n,user:r,columns:i}=e;return!t||!n||!r||!i||n.name===`attn:rollout`?null:{run:t,layer:n,user:r,steps:$t(i.steps).indices.map(e=>i.steps[e])}}async function gn(e,t){let n=e.selection.view===`compare`,r=n?_n(e,t):vn(e,t),i=null;for await(let t of r){let r=ke(t,Ae(t,n?pn:fn)),{width:a,height:o}=r;i??=new Jt(a,o,bn(e)),i.add(jt(Dt(r),{width:a,height:o},i)),await en()}return i&&new Blob([i.finish()],{type:`image/gif`})}async function*_n(e,t){for await(let n of ln(e,t)){let t=_t(e,n);t&&(yield t)}}async function*vn(e,t){let n=hn(e);if(!n)return;let r={run:n.run.name,layer:n.layer.name,user:n.user.index};for await(let i of Q(e.client,r,n.steps,t)){let t=e.pictureOf(i,n.layer);t?.kind===`ready`&&(yield yn(e,n.layer,t.attention))}}function yn(e,t,n){let r=e.selection.view===`heads`,a=Array.from({length:n.heads},(e,t)=>t),o=pt(e,(r?a:[e.selection.head]).map(e=>({layer:t,head:e,attention:n})),e.user?i(e.user):``);if(!o)throw Error(`no head is chosen`);return o}function bn({timeline:e}){return 1e3/(8*e.speed)}async function xn(e,n){let r=hn(e),a=e.layer&&e.frameOf(e.layer);if(!r)return null;let{run:o,layer:s,user:c,steps:l}=r,{client:u,columns:d,display:f,items:p}=e,m={run:o.name,layer:s.name,user:c.index},g=a?.kind===`ready`?a.attention.codes.length*l.length:0,_=Array.from({length:s.head_count},(e,t)=>t),v=g>24e6?[e.selection.head]:_,y=new Map(d?.steps.map((e,t)=>[e,d.epochs[t]??null])),b=[],x=0;for await(let e of Q(u,m,l,n)){if(e.kind===`absent`){b.push({step:e.step,reason:Sn(e.reason)});continue}let t=sn(e.attention,v,y.get(e.step)??null);x=Math.max(x,t.error),b.push(t.frame),await en()}if(b.length===0)return null;let S=t=>{let n=e.axisItems(t);return le(p,n,0,n.length)},C=c.target_item===null?null:de(p,c.target_item),T=on({language:ee[t()]?.tag??`en`,title:w().exports.storyTitle(i(c)),about:[...Cn(r),...wn(a)],heads:v.map(e=>h(s,e)),queryTitles:S(s.query_axis),keyTitles:S(s.key_axis),target:C,frames:b,lists:o.has_recommendations?await Tn(e,r,n):[],palette:f.palette,error:x,words:En(e,x)});return new Blob([T],{type:`text/html;charset=utf-8`})}function Sn(e){let{title:t}=w().absent;return e in t?t[e]:e}function Cn({run:e,layer:n,user:r,steps:a}){let o=w(),s=e=>O(e,t()),c=`${s(a[0]??0)} – ${s(a.at(-1)??0)}`;return[[o.compare.run,e.display_name],[o.compare.layer,n.name],[o.compare.user,i(r)],...Object.entries(r.attributes),[o.compare.step,`${c} (${o.timeline.of(s(a.length),s(e.step_count))})`]]}function wn(e){let t=e?.kind===`ready`?f(e.attention):``;return t?[[w().exports.storyKept,t]]:[]}async function Tn({client:e,items:t},{run:n,user:r,steps:i},{signal:a}){let o=[];for(let s=0;s<i.length;s+=mn){let c=i.slice(s,s+mn).join(`,`),l=await e.recommendations(n.name,r.index,c,a);l.steps.forEach((e,n)=>{let r=l.scores[n]??[];o.push({step:e,items:(l.items[n]??[]).map((e,n)=>[de(t,e),r[n]??0]),targetRank:l.target_ranks[n]??null})})}return o}function En({display:e},n){let r=w(),{scale:i}=e.palette;return{caution:r.exports.caution,play:r.timeline.play,pause:r.timeline.pause,step:r.timeline.axes.step,head:r.heads.heading,history:r.exports.storyHistory,recommendations:r.recommendations.heading,target:r.exports.storyTarget,none:r.exports.storyNone,bound:K(n),scale:r.heatmap.legendNote(r.tools.scales[i.kind],p(i.top,t())),cell:r.exports.storyCell,picture:r.exports.storyPicture}}var $=class extends Error{name=`ExportError`};async function Dn(e,t,n){let r=await On(e,t,n);if(!r)throw new $(w().exports.nothing);return{name:Ln(e,t),content:r}}function On(e,t,n){switch(t){case`csv`:return An(e);case`npy`:return In(e);case`gif`:return gn(e,n);case`html`:return xn(e,n);default:return kn(e,t)}}async function kn(e,t){let n=ft(e);if(!n)return null;let r=ke(n);return t===`png`?Ge(r):new Blob([await rt(r,Ke)],{type:`image/svg+xml`})}function An(e){let{view:t}=e.selection;if(t===`evolution`)return Pn(e);let n=t===`compare`?Nn(e):Mn(e);if(n.reduce((e,{attention:t})=>e+t.queries*t.keys,0)>1048576)throw new $(w().exports.tooMany);if(n.length===0)return null;let r=n.flatMap(e=>[...ge(e)]);return Fn(k(jn(n),r))}function jn(e){let t=new Set(e.map(({attention:e})=>e.tiles?.aggregate??``));if(t.size>1)throw new $(w().exports.mixed);let[n]=t;return he.map(e=>n&&e===`attention`?`${n}_attention`:e)}function Mn(e){let{run:t,user:n,layer:r}=e;return!t||!n||!r?[]:dt(e,r).map(({head:i,attention:a})=>{let{queries:o,keys:s}=ut(e,r,a),c={queryNames:o,keyNames:s,headName:h(r,i)},l=U(e,r,n);return{run:t.name,layer:d(r),user:l,head:i,attention:a,...c}})}function Nn(e){return e.compare.panels.flatMap(t=>{let n=D(e,t),{run:r,layer:a,user:o,picture:s,head:c}=n;return!r||!a||!o||s?.kind!==`ready`?[]:[{run:r.name,layer:d(a),user:i(o),headName:h(a,c),head:c,attention:s.attention,queryNames:ue(e,n,`query`),keyNames:ue(e,n,`key`)}]})}function Pn(e){let t=W(e),{run:n,layer:r,user:a,selection:o}=e;if(!t||!n||!r||!a)return null;let s=[n.name,r.name,i(a),h(r,o.head)];return Fn(k([`run`,`layer`,`user`,`head`,`step`,`key_position`,`key`,`attention`],t.steps.flatMap((e,n)=>t.names.flatMap((r,i)=>{let a=t.columns[n]?.[i]??NaN;return Number.isNaN(a)?[]:[[...s,e,t.positions[i]??i,r,a]]}))))}function Fn(e){return new Blob([e],{type:`text/csv;charset=utf-8`})}function In(e){let{view:t}=e.selection;if(t===`evolution`){let t=W(e);if(!t)return null;let[n,r]=[t.names.length,t.steps.length],i=new Float32Array(n*r);return t.columns.forEach((e,t)=>e.forEach((e,n)=>i[n*r+t]=e)),new Blob([R(i,[n,r])])}if(t===`compare`){let t=Nn(e);if(t.length===0)return null;let{values:n,shape:r}=Be(t.map(({attention:e,head:t})=>{let{queries:n,keys:r}=e;return{values:ze(e,[t]),queries:n,keys:r}}));return new Blob([R(n,r)])}let n=e.layer&&e.picturedFrame(e.layer);if(n?.kind!==`ready`)return null;let{attention:r}=n,i=Array.from({length:r.heads},(e,t)=>t),a=[i.length,r.queries,r.keys];return new Blob([R(ze(r,i),a)])}function Ln(e,t){let{run:n,layer:r,user:a,selection:o,timeline:s}=e,c=t===`html`,l=t===`gif`||c,u=r?Rn(e,r):``,f=l||o.view===`evolution`,p=o.view===`compare`&&!c?[`compare`]:[n?.display_name??``,r?d(r):``,a&&r&&!l?U(e,r,a):a?i(a):``,...t===`npy`||t===`html`||o.view===`heads`?[]:[`head-${o.head}`]];return u&&!c&&p.push(`${u}-of-tiles`),te([...p,...f?[]:[`step-${s.shown??``}`]],t)}function Rn(e,t){let n=e.picturedFrame(t);return n?.kind===`ready`&&n.attention.tiles?.aggregate||``}export{$ as ExportError,Dn as fileOf,k as toCsv};